"""What the queries cost: none of those that run while people chat may scan or sort what grows with history."""
import pytest

from replyx import accounts_store, config, create_app, delivery_store, files_store, guest_store, outbox_store, store
from replyx.database import reader
from replyx.extensions import db, writer


class Row(dict):
    """A row that has whatever is looked for in it: what is asked after a first query is asked too."""

    def __missing__(self, name):
        return "1"


class Plans:
    """In the place of the readers: the steps of each query's plan."""

    def __init__(self):
        self.steps = []

    def all(self, sql, **values):
        self.steps += [row["detail"] for row in reader.all(f"EXPLAIN QUERY PLAN {sql}", **values)]
        return []

    def one(self, sql, **values):
        self.all(sql, **values)
        return Row()

    def page(self, sql, longest, size, **values):
        return self.all(sql, **values), True


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    app = create_app(config.load({"REPLYX_INSTANCE": str(tmp_path_factory.mktemp("plans"))}))
    yield app
    writer.stop()
    with app.app_context():
        db.engine.dispose()


QUERIES = {
    # What each refused request costs: no limit stands before these.
    "a site by its token": lambda q: accounts_store.site_by_token(q, "st_x"),
    "an assistant": lambda q: accounts_store.assistant(q, 1), "a session": lambda q: accounts_store.session(q, "hash"),
    "an API key": lambda q: accounts_store.api_key(q, "hash"), "a guest by a link": lambda q: accounts_store.guest(q, 1),
    "what is due": lambda q: outbox_store.due(q, 50), "the next due": outbox_store.next_due,
    "unread by managers": lambda q: outbox_store.unread(q, "tell_managers", 1),
    "unread by a guest": lambda q: outbox_store.unread(q, "tell_guest", 1),
    "the dead": outbox_store.dead, "a manager's letter": lambda q: outbox_store.letter_to_extend(q, 1, 1),
    "a guest's letter": lambda q: outbox_store.letter_to_extend(q, None, 1),
    "lines to mail": lambda q: outbox_store.lines(q, 1, "guest", 1, 9, 10), "a dialog to mail": lambda q:
        outbox_store.dialog_to_mail(q, 1),
    "a dialog": lambda q: store.dialog(q, 1), "its state": lambda q: store.dialog_state(q, 1),
    "the open dialog": lambda q: store.open_dialog(q, 1, "hash"), "the newest dialog": lambda q: store.newest_dialog(q, 1, "hash"),
    "a client_id": lambda q: store.message_by_client_id(q, 1, "id"),
    "a guest's client_id": lambda q: store.guest_message_by_client_id(q, 1, "hash", "id"),
    "a guest": lambda q: guest_store.guest(q, 1, "hash"), "their history": lambda q: guest_store.history(q, 1, "hash", 9, 20),
    "what they have not read": lambda q: guest_store.unread(q, 1, "hash"), "an answer": lambda q: guest_store.is_answered(q, 1),
    "lines to write out": lambda q: guest_store.transcript_page(q, 1, 9, 100), "a line": lambda q: store.message(q, 1),
    "the newest lines": lambda q: store.messages(q, 1, 50), "lines after": lambda q: store.messages(q, 1, 50, after=1),
    "lines before": lambda q: store.messages(q, 1, 50, before=9),
    **{f"{view} of {name}": lambda q, view=view, ids=ids: store.dialogs(q, view, ids, 1, 9, 50)
       for view in store.VIEWS for name, ids in (("every site", None), ("one site", (1,)), ("two sites", (1, 2)))},
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_goes_by_an_index(instance, name):
    plans = Plans()
    QUERIES[name](plans)
    # The rows of one page, fetched by their ids, may be sorted at the end.
    steps = plans.steps[:-1] if any("LIST SUBQUERY" in step for step in plans.steps) else plans.steps
    assert steps
    # What a subquery has found is walked through to be counted; how it was found is a step of its own.
    steps = [step for step in steps if not step.startswith("SCAN (subquery")]
    assert not [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step]


def test_who_waits_is_found_among_many_that_do_not(instance):
    plans = Plans()
    store.dialogs(plans, "waiting", None, 1, None, 50)
    assert any("dialog_by_handler (status=? AND handler=?)" in step for step in plans.steps)


@pytest.mark.parametrize("query", [
    lambda q: files_store.unused(q, ["a"], 1, {"guest_hash": "hash", "manager_id": None, "api_key_id": None}),
    lambda q: files_store.known(q, ["a"]), lambda q: files_store.file(q, "a"),
    lambda q: files_store.delete_orphans(q, "2026-01-01", 100), lambda q: files_store.avatars_of_messages(q, 1, 2)])
def test_files_are_found_by_their_ids_and_their_age(instance, query):
    plans = Plans()
    query(plans)
    assert any(step.startswith(("SEARCH file USING", "SEARCH message USING INTEGER PRIMARY KEY")) for step in plans.steps)
    assert not [step for step in plans.steps if step.startswith(("SCAN file", "SCAN message"))]


@pytest.mark.parametrize("site_ids", [None, (1, 2)])
def test_counts_are_found_by_their_day(instance, site_ids):
    plans = Plans()
    delivery_store.counts(plans, site_ids, "2026-01-01")
    # What is sorted is a few counts for each site and day.
    assert [step for step in plans.steps if "TEMP B-TREE" not in step] == ["SEARCH delivery USING PRIMARY KEY (day>?)"]


def test_who_is_mailed_is_found_among_the_managers_alone(instance):
    plans = Plans()
    outbox_store.managers_to_mail(plans, 1)
    # Managers are few, and no more with the years.
    assert plans.steps[0] == "SCAN manager"
    assert not [step for step in plans.steps[1:] if step.startswith("SCAN")]
