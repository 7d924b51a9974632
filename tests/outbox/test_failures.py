"""Letters that are refused, servers and processes that go down: tried again, given up, never sent twice on purpose."""
import sqlite3
import uuid
from contextlib import closing

from replyx import accounts, clock, outbox_store
from replyx.database import reader
from replyx.extensions import writer
from replyx.outbox import MOST_ATTEMPTS, outbox
from tests.cast import PASSWORD
from tests.outbox.scene import rows
from tests.served import until


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


def test_a_person_gets_so_many_mails_a_day_and_a_known_one_is_told_all_the_same(scene, post):
    def answered(number, email, **more):
        scene.guest_id = str(uuid.uuid4())
        dialog_id = scene.write()
        scene.leave_address(dialog_id, email)
        writer.submit(lambda tx: tx.execute("UPDATE guest SET is_verified = :known WHERE email = :email", email=email, **more))
        scene.answer(dialog_id, f"answer {number}")
        scene.after(5.01)
    for number in range(22):
        answered(number, f"some.one+{number}@mail.example", known=False)
    assert len(post.mails) == 20
    answered(22, "someone@mail.example", known=True)
    assert len(post.mails) == 21 and "answer 22" in post.mails[20].text


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
