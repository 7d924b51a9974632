"""Files in messages: whose they are, who sees them, and what becomes of a line whose file is gone. And people's pictures."""
import sqlite3
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import requests

from tests import samples
from tests.cast import RAW, Guest
from tests.hostile.wire import code
from tests.served import until


def test_files_go_with_a_message_to_everybody_once(cast):
    guest, client_id = cast.guest(), str(uuid.uuid4())
    first = guest.upload(samples.image("PNG"), "a.png").json()["file"]
    line = {"text": " ", "client_id": client_id, "attachments": [first["id"]]}
    opened = guest.http("POST", "/dialogs", {"message": line}).json()
    assert opened["message"]["attachments"] == [first] and opened["message"]["text"] == ""
    again = guest.http("POST", "/dialogs", {"message": line}).json()
    assert again["duplicate"] and again["message"] == opened["message"]
    files = [guest.upload(b"%d" % number, f"{number}.txt").json()["file"] for number in range(3)][::-1]
    with cast.manager.socket() as desk, guest.socket() as tab:
        sent = {"dialog_id": opened["dialog"]["id"], "text": "three", "attachments": [file["id"] for file in files]}
        answer = tab.call("message_post", sent)
        assert answer["message"]["attachments"] == files
        until(lambda: desk.events("message"))
        assert desk.events("message") == [{"message": answer["message"]}]
    listed = guest.http("GET", f"/dialogs/{opened['dialog']['id']}/messages").json()["messages"]
    assert [line["attachments"] for line in listed] == [[first], files]


def test_a_line_of_files_alone_shows_their_names_in_the_list(cast):
    guest = cast.guest()
    ids = [guest.upload(b"a", name).json()["file"]["id"] for name in ("a.txt", "b.txt")]
    dialog = guest.http("POST", "/dialogs", {"message": {"text": "", "attachments": ids}}).json()["dialog"]
    assert cast.manager.http("GET", f"/dialogs/{dialog['id']}").json()["dialog"]["last_message"]["text"] == "a.txt, b.txt"


def test_a_manager_answers_with_a_file_and_markdown(cast):
    guest = cast.guest()
    dialog = guest.open()["dialog"]
    file = cast.manager.upload(b"%PDF-1.7", dialog_id=dialog["id"], name="a.pdf").json()["file"]
    line = {"text": "see **this** <b>", "attachments": [file["id"]]}
    answer = cast.manager.http("POST", f"/dialogs/{dialog['id']}/messages", line).json()["message"]
    assert answer["attachments"] == [file] and answer["html"] == "<p>see <strong>this</strong> &lt;b&gt;</p>"
    assert guest.http("GET", f"/dialogs/{dialog['id']}/messages").json()["messages"][-1] == answer
    assert "html" not in guest.open("a **guest**")["message"]


def test_a_file_is_its_senders_alone_and_for_one_message(cast):
    guest, stranger = cast.guest(), cast.guest()
    dialog, strange = guest.open()["dialog"], stranger.open()["dialog"]

    def post(who, dialog, *ids, text="x"):
        return who.http("POST", f"/dialogs/{dialog['id']}/messages", {"text": text, "attachments": [*ids]})
    file, other = (guest.upload(b"a").json()["file"]["id"] for _ in range(2))
    desks = cast.manager.upload(b"a", dialog_id=dialog["id"]).json()["file"]["id"]
    elsewhere = cast.owner.upload(b"a", site_id=cast.other_site["id"]).json()["file"]["id"]
    for who, where, ids in ((stranger, strange, [file]), (guest, dialog, [desks]), (cast.colleague, dialog, [desks]),
                            (cast.manager, dialog, [file]), (cast.owner, dialog, [elsewhere]), (guest, dialog, [file, file]),
                            (guest, dialog, [str(uuid.uuid4())]), (guest, dialog, [other, desks])):
        answer = post(who, where, *ids)
        assert code(answer) == "invalid" and list(answer.json()["error"]["fields"]) == ["attachments"]
    same_guest_elsewhere = Guest(cast, guest_id=guest.guest_id, site=cast.other_site)
    assert code(post(same_guest_elsewhere, same_guest_elsewhere.open()["dialog"], file)) == "invalid"
    assert post(guest, dialog, file).status_code == 201
    assert code(post(guest, dialog, file)) == "invalid"
    assert post(guest.on("widget"), dialog, other, text="").status_code == 201
    for payload in ({"text": ""}, {"text": "", "attachments": []}, {}, {"text": "x", "attachments": [str(uuid.uuid4())] * 11}):
        assert code(guest.http("POST", f"/dialogs/{dialog['id']}/messages", payload)) == "invalid"


def test_a_file_of_an_api_key_is_that_keys_alone(cast, served):
    dialog = cast.guest().open()["dialog"]

    def call(key, path, **options):
        headers = {"Authorization": f"Bearer {key}", **options.pop("headers", {})}
        return requests.post(f"{served.url}/api/manager{path}", headers=headers, timeout=10, **options)
    first, second = (served.command("apikey", "add", name, "--role", "owner", "--json")["key"] for name in ("one", "two"))
    file = call(first, f"/files?name=a.txt&dialog_id={dialog['id']}", data=b"a", headers={"Content-Type": RAW}).json()["file"]
    line = {"text": "", "attachments": [file["id"]]}
    assert code(call(second, f"/dialogs/{dialog['id']}/messages", json=line)) == "invalid"
    assert call(first, f"/dialogs/{dialog['id']}/messages", json=line).json()["message"]["attachments"] == [file]


@pytest.mark.parametrize("transport", ["http", "socket"])
def test_a_file_that_is_gone_is_named_by_its_place(cast, transport):
    guest = cast.guest()
    dialog, ids = guest.open()["dialog"], [str(uuid.uuid4()), guest.upload(b"a").json()["file"]["id"], str(uuid.uuid4())]
    line = {"text": "x", "client_id": str(uuid.uuid4()), "attachments": ids}

    def fields(event, path, payload, **place):
        if transport == "http":
            return guest.http("POST", path, payload).json()["error"]["fields"]
        with guest.socket() as tab:
            return tab.call(event, payload | place)["error"]["fields"]
    gone = {"attachments": {"0": ["This file is gone."], "2": ["This file is gone."]}}
    assert fields("message_post", f"/dialogs/{dialog['id']}/messages", line, dialog_id=dialog["id"]) == gone
    assert fields("dialog_open", "/dialogs", {"message": line}) == gone
    # The same line goes without them; then one of the ids is used, and that counts for more.
    again = guest.http("POST", f"/dialogs/{dialog['id']}/messages", {**line, "attachments": ids[1:2]})
    assert again.status_code == 201 and [file["id"] for file in again.json()["message"]["attachments"]] == ids[1:2]
    assert isinstance(fields("dialog_open", "/dialogs", {"message": {"text": "y", "attachments": ids}})["attachments"], list)


def test_of_two_messages_at_once_one_gets_the_file(cast):
    guest = cast.guest()
    dialog, file = guest.open()["dialog"], guest.upload(b"a").json()["file"]["id"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: guest.http("POST", f"/dialogs/{dialog['id']}/messages", {
            "text": "x", "attachments": [file]}).status_code, range(8)))
    assert sorted(answers) == [201] + [400] * 7


# Pictures of people

def test_a_manager_has_a_picture_wherever_the_name_is(cast, served):
    url = cast.manager.upload(samples.photo(), "/avatar").json()["avatar"]
    assert cast.manager.http("GET", "/session", headers={"Replyx-Console": "1"}).json()["manager"]["avatar"] == url
    guest = cast.guest()
    dialog = guest.open()["dialog"]
    line = cast.manager.http("POST", f"/dialogs/{dialog['id']}/messages", {"text": "Hi"}).json()["message"]
    assert line["author"] == {"name": "Anna", "avatar": url}
    assert guest.open()["dialog"]["manager"] == {"name": "Anna", "avatar": url}
    newer = cast.manager.upload(samples.image("PNG"), "/avatar").json()["avatar"]
    listed = guest.http("GET", f"/dialogs/{dialog['id']}/messages").json()["messages"]
    assert newer != url and listed[1]["author"]["avatar"] == url
    answer = requests.get(served.url + url, timeout=10)
    assert answer.headers["Content-Type"] == "image/webp" and "immutable" in answer.headers["Cache-Control"]
    for name in ("a.webp", "..%2freplyx.db", "0" * 64 + ".webp", "0" * 64 + ".webp%00"):
        assert requests.get(f"{served.url}/avatars/{name}", timeout=10).status_code == 404


def test_an_assistants_picture_is_the_owners_to_change(cast, served):
    def send(who, assistant_id):
        return who.upload(samples.image("PNG"), "/avatar", assistant_id=assistant_id)
    assistant_id = cast.site["assistant_id"]
    assert code(send(cast.manager, assistant_id)) == "forbidden"
    assert code(send(cast.owner, 2**40)) == "not_found"
    assert send(cast.owner, assistant_id).json()["avatar"].startswith("/avatars/")
    assert code(cast.owner.upload(b"hello", "/avatar")) == "invalid"
    with closing(sqlite3.connect(served.instance / "replyx.db")) as database:
        assert database.execute("SELECT avatar FROM assistant WHERE id = ?", [assistant_id]).fetchone()[0]
