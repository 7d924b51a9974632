"""The outbox, step by step: the real database and a real SMTP server, with the clock in the test's hand."""
import shutil
import sqlite3
import uuid
from contextlib import closing, contextmanager

import pytest

from replyx import accounts, clock, config, create_app, outbox_store, sites
from replyx.database import reader
from replyx.extensions import db, writer
from replyx.outbox import MOST_ATTEMPTS, outbox
from tests.cast import PASSWORD
from tests.served import until
from tests.smtpd import MailServer

URL = "https://chat.example"
MINUTE = 60


class Clock:
    def __init__(self):
        self.at = 1_800_000_000.0

    def __call__(self):
        return self.at

    def pass_by(self, minutes):
        self.at += minutes * MINUTE


@pytest.fixture(scope="module")
def post():
    with MailServer() as server:
        yield server


@pytest.fixture
def time(monkeypatch):
    made = Clock()
    monkeypatch.setattr(clock, "seconds", made)
    return made


@contextmanager
def running(folder, **settings):
    app = create_app(config.load({"REPLYX_INSTANCE": str(folder), "REPLYX_RATE_LIMITS": "1", **settings}))
    try:
        yield app
    finally:
        writer.stop()
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """An instance with two sites, a manager of one, and an owner's key; and these."""
    folder = tmp_path_factory.mktemp("people")
    with running(folder):
        shop, club = sites.add_site("Shop", ["shop.example"]), sites.add_site("Club", ["club.example"])
        manager = accounts.add_manager("anna@shop.example", "Anna", "manager", PASSWORD, [shop["id"]])
        return {"folder": folder, "site": sites.describe(shop, URL), "other_site": sites.describe(club, URL),
                "manager": manager, "key": accounts.add_api_key("bot", "owner")["key"]}


@pytest.fixture
def app(tmp_path, people, post, time):
    post.mails.clear()
    post.refused.clear()
    shutil.copytree(people["folder"], tmp_path, dirs_exist_ok=True)
    with running(tmp_path, REPLYX_URL=URL, REPLYX_SMTP_URL=post.url, REPLYX_MAIL_FROM="Shop <chat@shop.example>") as made:
        yield made


class Scene:
    """The people, and a guest who writes."""

    def __init__(self, app, people, time=None):
        self.time, self.client, self.guest_id = time, app.test_client(), str(uuid.uuid4())
        self.site, self.other_site, self.manager, self.key = (people[name] for name in ("site", "other_site", "manager", "key"))

    def guest(self, path, body, guest_id=None, site=None, status=(200, 201)):
        headers = {"Replyx-Site-Token": (site or self.site)["site_token"], "Replyx-Guest-Id": guest_id or self.guest_id}
        answer = self.client.post(f"/api/site/dialogs{path}", json=body, headers=headers)
        assert answer.status_code in status, answer.json
        return answer.json

    def write(self, text="hello", **who):
        return self.guest("", {"message": {"text": text}}, **who)["dialog"]["id"]

    def leave_address(self, dialog_id, email="guest@mail.example", **options):
        return self.guest(f"/{dialog_id}/contact", {"email": email, **options})

    def act(self, path, body=None):
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = self.client.post(f"/api/manager{path}", json=body or {}, headers=headers)
        assert answer.status_code in (200, 201), answer.json
        return answer.json

    def answer(self, dialog_id, text="an answer"):
        return self.act(f"/dialogs/{dialog_id}/messages", {"text": text})

    def after(self, minutes):
        self.time.pass_by(minutes)
        outbox.run_due()


@pytest.fixture
def scene(app, people, time):
    return Scene(app, people, time)


@contextmanager
def statements():
    """What the writer runs meanwhile and has to do with the outbox."""
    found = []
    writer._hold.connection.set_trace_callback(lambda sql: found.append(sql) if "outbox" in sql else None)
    yield found
    writer._hold.connection.set_trace_callback(None)


def rows(where="1"):
    return reader.all(f"SELECT * FROM outbox WHERE {where} ORDER BY id")


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


def test_one_refused_address_keeps_nobody_elses_mail(scene, post):
    accounts.add_manager("olga@shop.example", "Olga", "owner", PASSWORD)
    post.refused["anna@shop.example"] = "550 5.1.1 no such user"
    scene.write()
    scene.after(5.01)
    assert len(post.to("olga@shop.example")) == 1
    [letter] = outbox_store.dead(reader)
    assert (letter["manager_name"], letter["error"], letter["attempts"]) == ("Anna", "refused 550", 1)
    post.refused.clear()
    scene.act(f"/outbox/{letter['id']}/retry")
    scene.after(0)
    assert len(post.to("anna@shop.example")) == 1 and len(post.to("olga@shop.example")) == 1 and rows() == []


def test_a_letter_tried_again_after_it_was_read_is_dropped(scene, post):
    post.refused["anna@shop.example"] = "554 no"
    dialog_id = scene.write()
    scene.after(5.01)
    scene.act(f"/dialogs/{dialog_id}/read", {"message_id": 1})
    post.refused.clear()
    scene.act(f"/outbox/{outbox_store.dead(reader)[0]['id']}/retry")
    scene.after(0)
    assert post.mails == [] and rows() == []


def test_a_server_that_is_down_is_tried_ever_more_seldom_then_given_up(scene, post):
    post.stop()
    try:
        scene.write()
        scene.after(5.01)
        waits = []
        while rows("dead_at IS NULL"):
            [row] = rows()
            waits.append(outbox_store.next_due(reader))
            scene.time.at = max(scene.time.at + 1, _seconds(row["due_at"]) + 0.01)
            outbox.run_due()
        gaps = [_seconds(later) - _seconds(sooner) for sooner, later in zip(waits, waits[1:])]
        assert len(waits) == MOST_ATTEMPTS - 1 and 90 < gaps[0] < 160 and 2700 < gaps[-1] <= 4500
        assert [letter["error"] for letter in outbox_store.dead(reader)] == ["unreachable"]
    finally:
        post.start()


def _seconds(text):
    return clock.datetime.fromisoformat(text).timestamp()


def test_lines_that_come_while_the_server_is_down_make_one_mail(scene, post):
    post.stop()
    try:
        scene.write("one")
        scene.after(5.01)
        scene.write("two")
        scene.after(5.01)
        assert len(rows()) == 1
    finally:
        post.start()
    scene.after(60)
    assert len(post.mails) == 1 and "> one" in post.mails[0].text and "> two" in post.mails[0].text


def test_a_temporary_refusal_is_tried_again(scene, post):
    post.refused["anna@shop.example"] = "451 greylisted"
    scene.write()
    scene.after(5.01)
    assert rows()[0]["error"] == "later 451"
    post.refused.clear()
    scene.after(2)
    assert len(post.mails) == 1 and rows() == []


def test_a_letter_that_was_being_sent_when_the_process_died_goes_again_under_its_own_id(scene, post):
    scene.write()
    [task] = rows()
    scene.time.pass_by(5.01)
    writer.submit(lambda tx: outbox._settle(tx, task))
    [row] = rows()
    list(outbox._channel.deliver(outbox._compose([row["id"]], {})))
    assert rows()[0]["is_leased"]
    scene.after(1)
    assert len(post.mails) == 1
    writer.submit(outbox_store.end_leases)
    scene.after(0)
    assert len({mail.message["Message-ID"] for mail in post.mails}) == 1 and len(post.mails) == 2 and rows() == []


def test_a_strangers_address_gets_a_few_mails_a_day(scene, post):
    dialog_id = scene.write()
    scene.leave_address(dialog_id, "stranger@mail.example")
    for number in range(8):
        scene.answer(dialog_id, f"answer {number}")
        scene.after(5.01)
    assert len(post.mails) == 5
    scene.after(24 * 60)
    assert len(post.mails) == 6 and "answer 7" in post.mails[5].text and "answer 4" not in post.mails[5].text


def test_tries_that_failed_use_up_no_days_mails(scene, post):
    dialog_id = scene.write()
    scene.leave_address(dialog_id)
    scene.answer(dialog_id)
    post.stop()
    try:
        for _ in range(7):
            scene.after(60)
    finally:
        post.start()
    scene.after(120)
    assert len(post.mails) == 1


def test_a_manager_is_written_to_in_the_language_of_their_console(scene, post):
    answer = scene.client.post("/api/manager/session", headers={"Origin": URL}, json={
        "email": scene.manager["email"], "password": PASSWORD, "lang": "ru"})
    assert answer.status_code == 201 and answer.json["mail"] == {"is_on": True, "wanted": True, "dead": 0}
    scene.write("раз")
    scene.write("два")
    scene.after(5.01)
    assert post.mails[0].message["Subject"] == "2 непрочитанных сообщения от гостя 1, Shop" and "> два" in post.mails[0].text


HOSTILE = ["x\r\nBcc: victim@mail.example", "x\nBcc: victim@mail.example\n\nbody", "x\r\n.\r\nMAIL FROM:<a@b.example>\r\n",
           "x\u2028Bcc: victim@mail.example", "\x00\x1b[2J", "=?utf-8?q?x=0ABcc:_victim=40mail.example?=", "\u202egnp.exe",
           "<script>alert(1)</script>", "\n-- \nTo get no more mails: https://evil.example/"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_header_or_the_mails_own_words(scene, post, text):
    dialog_id = scene.write((text.replace("\0", "") or "x") + " end")
    writer.submit(lambda tx: tx.update("site", scene.site["id"], name=text.replace("\0", "")))
    writer.submit(lambda tx: tx.update("manager", scene.manager["id"], name=text.replace("\0", "")))
    scene.after(5.01)
    scene.leave_address(dialog_id)
    scene.answer(dialog_id, text.replace("\0", "") + " end")
    scene.after(5.01)
    assert [mail.to for mail in post.mails] == [["anna@shop.example"], ["guest@mail.example"]]
    for mail in post.mails:
        assert mail.sender == "chat@shop.example" and mail.message["Bcc"] is None and not mail.message.defects
        assert mail.message.get_content_type() == "text/plain" and "\x1b" not in mail.text and "\u202e" not in mail.text
        assert not any(line.startswith(("Bcc:", "To get no more mails: https://evil")) for line in mail.text.splitlines())


@pytest.mark.parametrize("address", ["", "x", "x@", "@x.example", "a b@x.example", "a@x", "a@x.example\r\nBcc: b@x.example",
                                     "a@x.example, b@x.example", "<a@x.example>", "a@x.example:25", "a@[127.0.0.1]", "é@x.example",
                                     "a..b@x.example", "a" * 65 + "@x.example", '"a b"@x.example', "a@" + "x" * 250 + ".example"])
def test_what_is_no_address_is_refused(scene, address):
    dialog_id = scene.write()
    answer = scene.guest(f"/{dialog_id}/contact", {"email": address}, status=(400,))
    assert answer["error"]["code"] == "invalid" and "email" in answer["error"]["fields"]


def test_an_address_is_kept_as_servers_write_it_and_shown_to_both_sides(scene):
    dialog_id = scene.write()
    assert scene.leave_address(dialog_id, " O'Hara+chat@BÜCHER.example ")["dialog"]["email"] == \
        "O'Hara+chat@xn--bcher-kva.example"
    headers = {"Authorization": f"Bearer {scene.key}"}
    seen = scene.client.get(f"/api/manager/dialogs/{dialog_id}", headers=headers).json["dialog"]
    assert seen["email"] == "O'Hara+chat@xn--bcher-kva.example"


def test_an_address_can_be_changed_a_few_times(scene):
    dialog_id = scene.write()
    for _ in range(5):
        scene.leave_address(dialog_id)
    assert scene.guest(f"/{dialog_id}/contact", {"email": "a@b.example"}, status=(429,))["error"]["retry_after"]


def test_without_a_mail_server_a_line_leaves_no_row(tmp_path, people):
    shutil.copytree(people["folder"], tmp_path, dirs_exist_ok=True)
    with running(tmp_path) as app, statements() as found:
        scene = Scene(app, people)
        dialog_id = scene.write()
        scene.leave_address(dialog_id)
        scene.answer(dialog_id)
        assert rows() == [] and found == [] and not outbox.is_on


def test_a_line_costs_one_statement_of_the_outbox_at_most(scene):
    dialog_id = scene.write()
    with statements() as found:
        scene.write("again")
        assert len(found) == 1 and found.pop().startswith("INSERT OR IGNORE")
        scene.answer(dialog_id)
        assert found == []
        scene.leave_address(dialog_id)
        found.clear()
        scene.answer(dialog_id)
        assert len(found) == 1 and found[0].startswith("INSERT OR IGNORE")


def test_what_the_storage_refuses_is_left_for_it_to_tell(app, scene, post, caplog):
    scene.write()
    scene.time.pass_by(5.01)
    with closing(sqlite3.connect(app.config["REPLYX"].instance / "replyx.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        outbox.start()
        try:
            until(lambda: "storage unavailable" in caplog.text, what="the refusal")
        finally:
            outbox.stop()
    assert "Traceback" not in caplog.text and post.mails == []


def test_an_outbox_that_was_stopped_starts_again(scene, post):
    outbox.start()
    outbox.stop()
    scene.write()
    scene.time.pass_by(5.01)
    outbox.start()
    try:
        post.wait("anna@shop.example")
    finally:
        outbox.stop()
