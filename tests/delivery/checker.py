"""What a storm must leave behind: the clients' records held against the rows of the database.

Records are dicts with a `kind`, in the order of writing:
`wrote` {client, client_id, text}; `acked` {client, client_id, message_id or None}; `refused` {client, client_id, code};
`saw` {client, message_id, dialog_id, client_id, text, connection?}, with the number of the client's connection if it was a
broadcast; and at the end `view` {client, dialog_id, lines: [{id, client_id}]} and `outbox` {client, held: [{client_id, reason}]}.
A manager's line may be `let go` {client, client_id}, when its dialog was closed. Rows are dicts, ascending by id: {id, dialog_id,
client_id, text, current_id}, the last being the dialog that the guest of this one should see.
"""
from collections import Counter, defaultdict


def check(records, rows):
    """What is wrong, in words; an empty list when nothing is."""
    facts = defaultdict(list)
    for record in records:
        facts[record["kind"]].append(record)
    stored = defaultdict(list)
    for row in rows:
        stored[row["client_id"]].append(row)
    return [*_once(facts, rows, stored), *_acked(facts, stored), *_nothing_vanished(facts, stored), *_order(facts, stored),
            *_seen(facts, rows), *_broadcasts_grow(facts), *_views(facts, rows), *_current(facts, stored),
            *_refused(facts), *_outboxes(facts)]


def _once(facts, rows, stored):
    texts, written = Counter(row["text"] for row in rows), {record["client_id"] for record in facts["wrote"]}
    for text, times in texts.items():
        if times > 1:
            yield f"stored {times} times: {text!r} as {[row['id'] for row in rows if row['text'] == text]}"
    for client_id, same in stored.items():
        if len(same) > 1:
            yield f"client_id {client_id} is stored {len(same)} times: messages {[row['id'] for row in same]}"
        if client_id not in written:
            yield f"nobody wrote the client_id {client_id} of message {same[0]['id']}"


def _acked(facts, stored):
    """An ack means stored, as it was written and under the id that the ack named."""
    texts = {record["client_id"]: record["text"] for record in facts["wrote"]}
    for record in facts["acked"]:
        client_id, message_id = record["client_id"], record["message_id"]
        found = stored.get(client_id)
        if not found:
            yield f"acked but not stored: {client_id} of {record['client']}, as message {message_id}"
        elif message_id not in (None, found[0]["id"]):
            yield f"acked as message {message_id} but stored as {found[0]['id']}: {client_id} of {record['client']}"
        elif found[0]["text"] != texts.get(client_id):
            yield f"stored with another text than written: message {found[0]['id']}"


def _nothing_vanished(facts, stored):
    held = {entry["client_id"] for record in facts["outbox"] for entry in record["held"]}
    held |= {record["client_id"] for record in facts["let go"]}
    for record in facts["wrote"]:
        if record["client_id"] not in stored and record["client_id"] not in held:
            yield f"neither stored nor held any more: {record['client_id']}, {record['text']!r}"


def _order(facts, stored):
    """The lines of one client are stored in the order in which it wrote them."""
    last = {}
    for record in facts["wrote"]:
        client = record["client"]
        for row in stored.get(record["client_id"], ())[:1]:
            if row["id"] < last.get(client, 0):
                yield f"out of order: message {row['id']} of {client} was written after message {last[client]}"
            last[client] = row["id"]


def _seen(facts, rows):
    """Nobody is shown what is not stored, or as something else than what is stored."""
    by_id, told = {row["id"]: row for row in rows}, set()
    for record in facts["saw"]:
        row = by_id.get(record["message_id"])
        if row and all(row[name] == record[name] for name in ("dialog_id", "client_id", "text")):
            continue
        if (record["message_id"], record["client_id"]) not in told:
            told.add((record["message_id"], record["client_id"]))
            yield f"seen but not stored so: message {record['message_id']}, {record['client_id']}, by {record['client']}"


def _broadcasts_grow(facts):
    last = {}
    for record in facts["saw"]:
        if record.get("connection") is None:
            continue
        connection = record["client"], record["connection"]
        if record["message_id"] <= last.get(connection, 0):
            yield f"broadcast {record['message_id']} came to {record['client']} after broadcast {last[connection]}"
        last[connection] = record["message_id"]


def _views(facts, rows):
    """At the end each client shows its dialog's rows, all of them, in their order."""
    dialogs = defaultdict(list)
    for row in rows:
        dialogs[row["dialog_id"]].append((row["id"], row["client_id"]))
    for record in facts["view"]:
        shown, should = [(line["id"], line["client_id"]) for line in record["lines"]], dialogs[record["dialog_id"]]
        if shown != should:
            missing, extra = [sorted(part)[:5] for part in (set(should) - set(shown), set(shown) - set(should))]
            yield (f"the view of {record['client']} is not dialog {record['dialog_id']}: {len(shown)} lines for {len(should)}"
                   f", missing {missing}, not stored {extra}")


def _current(facts, stored):
    """A guest sees its open dialog, else the last one."""
    sees = {record["client"]: record["dialog_id"] for record in facts["view"]}
    should = {record["client"]: row["current_id"] for record in facts["wrote"] for row in stored.get(record["client_id"], ())}
    for client in sees.keys() & should.keys():
        if sees[client] != should[client]:
            yield f"{client} sees dialog {sees[client]}, but its dialog is {should[client]}"


def _refused(facts):
    for record in facts["refused"]:
        yield f"refused for good: {record['client_id']} of {record['client']}, {record['code']}"


def _outboxes(facts):
    """In calm everything gets through in the end."""
    for record in facts["outbox"]:
        for entry in record["held"]:
            yield f"still held by {record['client']}: {entry['client_id']}, {entry['reason'] or 'waiting'}"
