"""Mail to managers: unread lines, gathered, once, and to those alone who see them."""
import uuid

import pytest

from replyx import accounts, clock
from tests.cast import PASSWORD
from tests.outbox.scene import URL, rows


def test_unread_lines_are_mailed_once_as_a_digest(scene, post):
    dialog_id = scene.write("Where is my order?")
    scene.write("It was due on Monday")
    assert len(rows()) == 1
    scene.after(4)
    assert post.mails == []
    scene.after(1.01)
    [mail] = post.mails
    assert mail.to == ["anna@shop.example"] and mail.message["Subject"] == "2 unread messages from guest 1, Shop"
    assert "> Where is my order?\n" in mail.text and "> It was due on Monday\n" in mail.text
    assert mail.links[0] == f"{URL}/console#{dialog_id}"
    assert mail.message["From"] == "Shop <chat@shop.example>" and mail.message["Auto-Submitted"] == "auto-generated"
    scene.after(60)
    assert len(post.mails) == 1 and rows() == []
    scene.write("Hello?")
    scene.after(5.01)
    assert "Hello?" in post.mails[1].text and "Monday" not in post.mails[1].text
    assert post.mails[0].message["Message-ID"] != post.mails[1].message["Message-ID"]


@pytest.mark.parametrize("cancel", ["read", "answer", "close"])
def test_what_was_read_answered_or_closed_in_time_is_not_mailed(scene, post, cancel):
    dialog_id = scene.write()
    if cancel == "read":
        scene.act(f"/dialogs/{dialog_id}/read", {"message_id": 1})
    elif cancel == "answer":
        scene.answer(dialog_id)
    else:
        scene.act(f"/dialogs/{dialog_id}/close")
    scene.after(5.01)
    assert post.mails == [] and rows() == []


def test_a_line_after_one_that_was_read_has_its_own_time(scene, post):
    dialog_id = scene.write("first")
    scene.act(f"/dialogs/{dialog_id}/read", {"message_id": 1})
    scene.time.pass_by(4)
    scene.write("second")
    scene.after(1.01)
    assert post.mails == [] and len(rows()) == 1
    scene.after(4)
    assert "second" in post.mails[0].text and "first" not in post.mails[0].text


def test_dialogs_due_together_go_into_one_mail_to_those_who_see_them(scene, post):
    accounts.add_manager("olga@shop.example", "Olga", "owner", PASSWORD)
    accounts.add_manager("off@shop.example", "Off", "owner", PASSWORD)
    accounts.change_manager("off@shop.example", disabled_at=clock.now())
    scene.write("from the shop")
    scene.write("from the club", guest_id=str(uuid.uuid4()), site=scene.other_site)
    scene.after(5.01)
    [to_anna], [to_olga] = post.to("anna@shop.example"), post.to("olga@shop.example")
    assert "from the shop" in to_anna.text and "from the club" not in to_anna.text
    assert "from the shop" in to_olga.text and "from the club" in to_olga.text
    assert to_olga.message["Subject"] == "2 unread messages from 2 guests" and post.to("off@shop.example") == []


def test_a_flood_of_guests_makes_no_flood_of_mails(scene, post):
    scene.write()
    scene.after(5.01)
    for minute in range(10):
        scene.write(f"guest {minute}", guest_id=str(uuid.uuid4()))
        scene.after(0.1)
    scene.after(5)
    scene.after(0.1)
    scene.after(1)
    assert len(post.mails) == 2 and "guest 9" in post.mails[1].text


def test_a_long_digest_is_bounded(scene, post):
    for number in range(12):
        scene.write(f"line {number} " + "x" * 3000)
    scene.after(5.01)
    [mail] = post.mails
    assert "line 9" in mail.text and "line 10" not in mail.text and "…and more" in mail.text
    assert len(mail.raw) < 30_000 and max(map(len, mail.raw.split(b"\r\n"))) <= 998


def test_a_manager_is_written_to_in_the_language_of_their_console(scene, post):
    answer = scene.client.post("/api/manager/session", headers={"Origin": URL}, json={
        "email": scene.manager["email"], "password": PASSWORD, "lang": "ru"})
    assert answer.status_code == 201 and answer.json["mail"] == {"is_on": True, "wanted": True, "dead": 0}
    scene.write("раз")
    scene.write("два")
    scene.after(5.01)
    assert post.mails[0].message["Subject"] == "2 непрочитанных сообщения от гостя 1, Shop" and "> два" in post.mails[0].text
