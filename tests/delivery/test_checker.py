"""The checker on records made by hand: a sound story has no failure, and each thing that can go wrong has its own words."""
import copy

import pytest

from tests.delivery.checker import check

ROWS = [{"id": 1, "dialog_id": 1, "client_id": "a", "text": "first", "current_id": 1},
        {"id": 2, "dialog_id": 2, "client_id": "b", "text": "somebody else", "current_id": 2},
        {"id": 4, "dialog_id": 1, "client_id": "c", "text": "second", "current_id": 1}]
ANNA = [{"kind": "wrote", "client": "Anna", "client_id": "a", "text": "first"},
        {"kind": "wrote", "client": "Anna", "client_id": "c", "text": "second"},
        {"kind": "acked", "client": "Anna", "client_id": "a", "message_id": 1},
        {"kind": "saw", "client": "Anna", "message_id": 1, "dialog_id": 1, "client_id": "a", "text": "first", "connection": 1},
        {"kind": "saw", "client": "Anna", "message_id": 4, "dialog_id": 1, "client_id": "c", "text": "second", "connection": 1},
        {"kind": "acked", "client": "Anna", "client_id": "c", "message_id": 4},
        {"kind": "view", "client": "Anna", "dialog_id": 1, "lines": [{"id": 1, "client_id": "a"}, {"id": 4, "client_id": "c"}]},
        {"kind": "outbox", "client": "Anna", "held": []}]
BORIS = [{"kind": "wrote", "client": "Boris", "client_id": "b", "text": "somebody else"},
         {"kind": "acked", "client": "Boris", "client_id": "b", "message_id": None},
         {"kind": "view", "client": "Boris", "dialog_id": 2, "lines": [{"id": 2, "client_id": "b"}]},
         {"kind": "outbox", "client": "Boris", "held": []}]


@pytest.fixture
def story():
    """Records and rows of their own, to spoil."""
    return copy.deepcopy(ANNA + BORIS), copy.deepcopy(ROWS)


def last(records, kind):
    return [record for record in records if record["kind"] == kind and record["client"] == "Anna"][-1]


def lose_a_row(records, rows):
    del rows[2]


def double_a_row(records, rows):
    rows.append({**rows[2], "id": 5, "client_id": "c, tried again"})


def double_a_client_id(records, rows):
    rows.append({**rows[2], "id": 5, "text": "changed"})


def ack_another_id(records, rows):
    last(records, "acked")["message_id"] = 3


def change_the_text(records, rows):
    rows[2]["text"] = last(records, "saw")["text"] = "spoilt"


def forget_an_unsent_line(records, rows):
    records.insert(2, {"kind": "wrote", "client": "Anna", "client_id": "d", "text": "third"})


def swap_two_rows(records, rows):
    rows[0]["client_id"], rows[2]["client_id"] = rows[2]["client_id"], rows[0]["client_id"]


def show_what_is_not_stored(records, rows):
    records.append({**last(records, "saw"), "message_id": 9, "client_id": "z", "connection": None})


def broadcast_backwards(records, rows):
    records.append({**last(records, "saw"), "message_id": 1, "client_id": "a", "text": "first"})


def broadcast_twice(records, rows):
    records.append(last(records, "saw"))


def leave_a_hole(records, rows):
    del last(records, "view")["lines"][0]


def show_in_another_order(records, rows):
    last(records, "view")["lines"].reverse()


def show_an_old_dialog(records, rows):
    rows[0]["current_id"] = rows[2]["current_id"] = 3


def refuse(records, rows):
    records.append({"kind": "refused", "client": "Anna", "client_id": "c", "code": "invalid"})


def hold_for_ever(records, rows):
    last(records, "outbox")["held"] = [{"client_id": "c", "reason": None}]


def test_a_sound_story_has_no_failure(story):
    assert check(*story) == []


def test_a_line_that_is_held_is_not_lost(story):
    records, rows = story
    forget_an_unsent_line(records, rows)
    last(records, "outbox")["held"] = [{"client_id": "d", "reason": None}]
    assert check(records, rows) == ["still held by Anna: d, waiting"]


@pytest.mark.parametrize("spoil, words", [
    (lose_a_row, "acked but not stored: c of Anna, as message 4"), (lose_a_row, "neither stored nor held"),
    (lose_a_row, "seen but not stored so: message 4"), (double_a_row, "stored 2 times: 'second' as [4, 5]"),
    (double_a_row, "nobody wrote the client_id"), (double_a_client_id, "client_id c is stored 2 times: messages [4, 5]"),
    (ack_another_id, "acked as message 3 but stored as 4"), (change_the_text, "another text than written: message 4"),
    (forget_an_unsent_line, "neither stored nor held any more: d"), (swap_two_rows, "out of order: message 1 of Anna"),
    (show_what_is_not_stored, "seen but not stored so: message 9"),
    (broadcast_backwards, "broadcast 1 came to Anna after broadcast 4"),
    (broadcast_twice, "broadcast 4 came to Anna after broadcast 4"), (leave_a_hole, "the view of Anna is not dialog 1"),
    (show_in_another_order, "the view of Anna is not dialog 1"), (show_an_old_dialog, "Anna sees dialog 1, but its dialog is 3"),
    (refuse, "refused for good: c of Anna, invalid"), (hold_for_ever, "still held by Anna: c, waiting"),
], ids=lambda value: getattr(value, "__name__", None))
def test_what_goes_wrong_is_named(story, spoil, words):
    spoil(*story)
    assert any(words in failure for failure in check(*story)), check(*story)
