"""Mail to guests: answers they have not seen, the link back, and the way out of any mail."""
import pytest

from replyx.database import reader
from tests.outbox.scene import URL, rows


def test_an_answer_is_mailed_to_the_guest_with_a_link_back(scene, post):
    dialog_id = scene.write()
    scene.answer(dialog_id, "too early to be mailed anywhere")
    assert rows("kind = 'tell_guest'") == []
    scene.guest(f"/{dialog_id}/read", {"message_id": 2})
    scene.leave_address(dialog_id)
    scene.answer(dialog_id, "On its way")
    scene.answer(dialog_id, "It arrives tomorrow")
    scene.act(f"/dialogs/{dialog_id}/close")
    scene.after(5.01)
    [mail] = post.to("guest@mail.example")
    assert mail.message["Subject"] == "Shop: an answer for you" and "too early" not in mail.text
    assert "bot:\n> On its way\n" in mail.text and "> It arrives tomorrow\n" in mail.text
    link, stop = mail.links
    address, _, secret = link.partition("#link=")
    assert address == f"{URL}/chat?assistant_id={scene.site['assistant_id']}"
    headers = {"Replyx-Assistant-Id": str(scene.site["assistant_id"]), "Replyx-Guest-Link": secret}
    opened = scene.client.post("/api/widget/dialogs", json={}, headers=headers).json
    assert opened["dialog"]["id"] == dialog_id and "guest_id" not in opened
    thanks = scene.client.post(f"/api/widget/dialogs/{dialog_id}/messages", json={"text": "thanks"}, headers=headers).json
    assert thanks["message"]["sender"] == "guest"
    scene.after(60)
    assert len(post.to("guest@mail.example")) == 1
    assert mail.message["List-Unsubscribe"] == f"<{stop}>"
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_an_answer_that_waits_when_the_address_is_left_is_mailed(scene, post):
    dialog_id = scene.write()
    scene.answer(dialog_id)
    scene.leave_address(dialog_id, lang="ru")
    scene.after(5.01)
    [mail] = post.to("guest@mail.example")
    assert mail.message["Subject"] == "Shop: вам ответили" and "> an answer" in mail.text


@pytest.mark.parametrize("cancel", ["read", "write"])
def test_an_answer_that_was_seen_is_not_mailed(scene, post, cancel):
    dialog_id = scene.write()
    scene.leave_address(dialog_id)
    scene.answer(dialog_id)
    if cancel == "read":
        scene.guest(f"/{dialog_id}/read", {"message_id": 2})
    else:
        scene.write("I see")
        scene.act(f"/dialogs/{dialog_id}/read", {"message_id": 3})
    scene.after(5.01)
    assert post.mails == [] and rows() == []


def stop(scene, mail, method="post", **options):
    return getattr(scene.client, method)(mail.links[-1].removeprefix(URL), **options)


@pytest.mark.parametrize("side", ["manager", "guest"])
def test_a_mail_has_its_way_out_and_reading_it_changes_nothing(scene, post, side):
    dialog_id = scene.write()
    if side == "guest":
        scene.leave_address(dialog_id)
        scene.answer(dialog_id)
    scene.after(5.01)
    [mail] = post.mails
    page = stop(scene, mail, "get")
    assert page.status_code == 200 and b"<form method=\"post\">" in page.data and page.headers["Cache-Control"] == "no-store"
    wish = "SELECT wants_mail AS kept FROM manager" if side == "manager" else "SELECT email IS NOT NULL AS kept FROM guest"
    assert reader.one(wish)["kept"]
    # As mail programs do it (RFC 8058): no cookie, no Origin.
    assert stop(scene, mail, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not reader.one(wish)["kept"]
    assert stop(scene, mail).status_code == 200
    (scene.write if side == "manager" else lambda text: scene.answer(dialog_id, text))("more")
    scene.after(5.01)
    assert len(post.mails) == 1 and rows() == []


def test_a_way_out_ends_no_other_addresss_mails(scene, post):
    dialog_id = scene.write()
    scene.leave_address(dialog_id, "typo@mail.example")
    scene.answer(dialog_id)
    scene.after(5.01)
    scene.leave_address(dialog_id, "right@mail.example")
    assert stop(scene, post.mails[0]).status_code == 200
    assert reader.one("SELECT email FROM guest")["email"] == "right@mail.example"


@pytest.mark.parametrize("token", ["x", "WyJtYW5hZ2VyIiwxLCIiXQ.AAAA"])
def test_a_forged_way_out_leads_nowhere(scene, token):
    for method in ("get", "post"):
        assert getattr(scene.client, method)(f"/unsubscribe/{token}").status_code == 404
    assert reader.one("SELECT wants_mail FROM manager")["wants_mail"]
