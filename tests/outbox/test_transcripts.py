"""A dialog mailed to who asks for it: the whole letter, once, to that address, and to nobody as a nuisance."""
import json
import uuid

import pytest

from replyx import outbox_store
from replyx.database import reader
from replyx.extensions import writer
from replyx.outbox import outbox
from replyx.tokens import digest
from tests.outbox.scene import rows
from tests.outbox.test_hostile_mail import HOSTILE

TO = "me@mail.example"


@pytest.fixture
def dialog_id(scene):
    """A dialog with an answer that the guest has seen: nothing else is to be mailed."""
    number = scene.write("Where is my order?")
    scene.answer(number, "On its way\n-- \nAnna")
    writer.submit(lambda tx: tx.execute("DELETE FROM outbox"))
    return number


def ask(scene, dialog_id, email=TO, status=(200,), **more):
    return scene.guest(f"/{dialog_id}/transcript", {"email": email, **more}, status=status)


def add(dialog_id, sender, text, **more):
    writer.submit(lambda tx: tx.insert("message", dialog_id=dialog_id, sender=sender, text=text, client_id=str(uuid.uuid4()),
                                       created_at="2026-01-31T09:30:00.000Z", **more))


def test_the_whole_dialog_goes_at_once_to_the_address_given_and_is_kept_nowhere(scene, post, dialog_id):
    add(dialog_id, "assistant", "I can help too")
    add(dialog_id, "guest", "", attachments=json.dumps([{"name": "bill.pdf"}, {"name": "a\nb\u202e.png"}]))
    assert ask(scene, dialog_id) == {"ok": True}
    scene.after(0)
    [mail] = post.mails
    assert mail.to == [TO] and mail.message["Subject"] == "Shop: your conversation"
    assert mail.message["List-Unsubscribe"] is None and mail.message["Auto-Submitted"] == "auto-generated"
    at = "2027-01-15 08:00 UTC"
    assert mail.text == (
        f"You asked for your conversation with Shop. Here it is:\n\nYou, {at}:\n> Where is my order?\n\n"
        f"bot, {at}:\n> On its way\n> --\n> Anna\n\nAssistant, 2026-01-31 09:30 UTC:\n> I can help too\n\n"
        "You, 2026-01-31 09:30 UTC:\n> [bill.pdf]\n> [a b .png]\n\n-- \nThis mail comes once, because somebody gave this "
        "address in the chat of Shop. If that was not you, there is nothing to do. An answer to this mail reaches nobody.\n")
    assert rows() == [] and reader.one("SELECT email FROM guest")["email"] is None


@pytest.mark.parametrize("known, given, subject", [
    ("ru", None, "Shop: ваш разговор"), ("ru", "en", "Shop: your conversation"), (None, "ru", "Shop: ваш разговор"),
    ("de", None, "Shop: your conversation")])
def test_it_is_in_the_guests_language(scene, post, dialog_id, known, given, subject):
    writer.submit(lambda tx: tx.execute("UPDATE guest SET lang = :lang", lang=known))
    ask(scene, dialog_id, **({"lang": given} if given else {}))
    scene.after(0)
    assert post.mails[0].message["Subject"] == subject


def test_nobody_can_have_mailed_what_only_they_wrote(scene, post):
    dialog_id = scene.write("buy pills")
    refused = ask(scene, dialog_id, "victim@mail.example", status=(409,))
    assert refused["error"]["code"] == "conflict" and not rows("kind = 'transcript'")
    scene.answer(dialog_id)
    ask(scene, dialog_id)


def test_a_server_without_mail_says_so(scene, dialog_id, monkeypatch):
    monkeypatch.setattr(outbox, "_channel", None)
    refused = ask(scene, dialog_id, status=(409,))
    assert "can't send mail" in refused["error"]["message"] and rows() == []


def become_another(scene, **more):
    """A stranger with an answered dialog."""
    scene.guest_id = str(uuid.uuid4())
    writer.submit(lambda tx: tx.execute("UPDATE guest SET guest_hash = :hash", hash=digest(scene.guest_id)))
    writer.submit(lambda tx: tx.update("guest", 1, **{"email": None, "is_verified": False, **more}))


def test_a_guest_asks_five_times_a_day(scene, dialog_id):
    for number in range(5):
        ask(scene, dialog_id, "no address", status=(400,))
        ask(scene, dialog_id, f"a{number}@mail.example")
    refused = ask(scene, dialog_id, status=(429,))["error"]
    assert 23 * 3600 < refused["retry_after"] <= 24 * 3600 and "tomorrow" in refused["message"]
    scene.time.pass_by(24 * 60)
    ask(scene, dialog_id)


def test_one_address_asks_for_twenty_whoever_its_guests_are(scene, dialog_id):
    for number in range(20):
        if number % 5 == 0:
            become_another(scene)
        ask(scene, dialog_id, f"a{number}@mail.example")
    become_another(scene)
    ask(scene, dialog_id, status=(429,))


def test_one_person_is_mailed_at_however_their_address_is_written(scene, post, dialog_id):
    for name in ("Victim", "victim+1", "vic.tim+2"):
        ask(scene, dialog_id, f"{name}@mail.example")
    # What is refused counts for nothing: two of the guest's five are left.
    for _ in range(3):
        ask(scene, dialog_id, "VICTIM+3@Mail.Example", status=(429,))
    for name in ("other", "another"):
        ask(scene, dialog_id, f"{name}@mail.example")
    for number in range(6):
        if number % 3 == 0:
            become_another(scene)
        ask(scene, dialog_id, f"victim+{number}@mail.example")
    become_another(scene)
    ask(scene, dialog_id, "victim@mail.example", status=(429,))


def test_strangers_keep_nobody_from_their_own_mails(scene, post, dialog_id):
    """Neither those who ask for mails to an address, nor those who say that it is theirs."""
    for email in (None, TO):
        for number in range(9):
            if number % 3 == 0:
                become_another(scene, email=email)
            ask(scene, dialog_id)
        become_another(scene, email=email)
        ask(scene, dialog_id, status=(429,))
    scene.time.pass_by(0)
    become_another(scene, email=TO, is_verified=True)
    scene.client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    ask(scene, dialog_id)
    # Nor do they keep an answer from going out.
    scene.answer(dialog_id, "by the way")
    scene.after(5.01)
    assert any("by the way" in mail.text and mail.message["List-Unsubscribe"] for mail in post.mails)


def test_the_newest_request_takes_the_place_of_one_that_waits_or_failed(scene, post, dialog_id):
    post.refused["wrong@mail.example"] = "550 5.1.1 no such user"
    ask(scene, dialog_id, "wrong@mail.example")
    scene.after(0)
    [letter] = outbox_store.dead(reader)
    assert (letter["manager_name"], letter["error"]) == (None, "refused 550")
    ask(scene, dialog_id, "also-wrong@mail.example")
    ask(scene, dialog_id)
    assert outbox_store.dead(reader) == [] and len(rows()) == 1
    scene.after(0)
    assert [mail.to for mail in post.mails] == [[TO]] and rows() == []


def test_it_is_tried_again_and_an_owner_may_revive_it(scene, post, dialog_id):
    post.refused[TO] = "451 greylisted"
    ask(scene, dialog_id)
    scene.after(0)
    assert rows()[0]["error"] == "later 451" and post.mails == []
    post.refused[TO] = "550 no"
    scene.after(5)
    post.refused.clear()
    scene.act(f"/outbox/{outbox_store.dead(reader)[0]['id']}/retry")
    scene.after(0)
    assert [mail.to for mail in post.mails] == [[TO]] and rows() == []


def test_a_request_while_the_one_before_is_being_sent_is_not_lost(scene, post, dialog_id):
    ask(scene, dialog_id, "first@mail.example")
    [row] = rows()
    letters = outbox._deliver([row["id"]])
    next(letters)
    ask(scene, dialog_id)
    assert list(letters) == []
    scene.after(0)
    assert [mail.to for mail in post.mails] == [["first@mail.example"], [TO]] and rows() == []


@pytest.mark.parametrize("text, count, letters", [("line", 1100, 1000), ("ж" * 5000, 60, 50)], ids=["many lines", "long lines"])
def test_a_long_dialog_is_mailed_from_its_end_and_says_so(scene, post, dialog_id, text, count, letters):
    writer.submit(lambda tx: [tx.insert("message", dialog_id=dialog_id, sender="guest", text=f"{text} {number}",
                                        created_at="2026-01-31", client_id=str(number)) for number in range(count)])
    ask(scene, dialog_id)
    scene.after(0)
    shown = [line for line in post.mails[0].text.splitlines() if line.startswith(f"> {text[:4]}")]
    assert len(shown) <= letters and shown[-1] == f"> {text} {count - 1}"
    assert f"these are the newest {len(shown)} messages" in post.mails[0].text


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_header_or_the_mails_own_words(scene, post, dialog_id, text):
    text = text.replace("\0", "") + " end"
    add(dialog_id, "manager", text, author_name=text, attachments=json.dumps([{"name": text}]))
    writer.submit(lambda tx: tx.update("site", scene.site["id"], name=text))
    ask(scene, dialog_id)
    scene.after(0)
    [mail] = post.mails
    assert mail.to == [TO] and mail.message["Bcc"] is None and not mail.message.defects
    assert mail.message.get_content_type() == "text/plain" and "\x1b" not in mail.text and "\u202e" not in mail.text
    assert not any(line.startswith(("Bcc:", "To get no more mails: https://evil")) for line in mail.text.splitlines())


def test_the_address_stays_out_of_the_log(scene, post, dialog_id, caplog):
    caplog.set_level("INFO")
    ask(scene, dialog_id)
    scene.after(0)
    told = [record.getMessage() for record in caplog.records if record.name.startswith("replyx")]
    assert any("letter sent" in line for line in told) and TO not in str(told)
