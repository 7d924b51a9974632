"""Public Socket.IO clients that nobody here wrote: socket.io-client in Node, python-socketio's client over both transports."""
import json
import subprocess
from pathlib import Path

import pytest

from replyx.errors import CODES
from tests.conftest import find
from tests.served import until

NODE = Path(__file__).parent / "node"


@pytest.mark.node
@pytest.mark.parametrize("transports", ["websocket", "polling", "polling,websocket"])
def test_socket_io_client_in_node(cast, served, transports):
    guest = cast.guest()
    done = subprocess.run([find("node"), NODE / "chat.mjs", served.url, json.dumps(guest.auth), transports],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["opened"]["ok"] and seen["posted"]["ok"] and seen["listed"]["ok"]
    assert [line["text"] for line in seen["listed"]["messages"]] == ["from Node", "and again"]
    assert seen["heard"] == ["from Node", "and again"]
    assert seen["again"]["duplicate"] is True and seen["again"]["message"] == seen["posted"]["message"]
    assert seen["unknown"]["error"]["code"] == "not_found"
    assert seen["refused"]["ok"] is False and seen["refused"]["error"]["code"] == "unauthorized"


@pytest.mark.node
def test_the_widgets_own_client_keeps_to_the_protocol_whatever_the_server_does():
    done = subprocess.run([find("node"), "--test", NODE / "socket.mjs", NODE / "socket_packets.mjs"], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 0, done.stdout


@pytest.mark.node
@pytest.mark.parametrize("way, winner", [("locks", "first"), ("none", "third")])
def test_tabs_that_claim_at_once_are_told_the_same(way, winner):
    done = subprocess.run([find("node"), NODE / "claim.mjs", way], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [winner]


@pytest.mark.node
def test_the_widgets_retry_codes_are_those_of_the_server():
    code = "import('./retry.js').then(({ RETRY }) => console.log(JSON.stringify([...RETRY])))"
    done = subprocess.run([find("node"), "--input-type=module", "-e", code], capture_output=True, text=True, timeout=30,
                          cwd=Path(__file__).parent.parent / "widget_static")
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) - {"unreachable"} == {code.name for code in CODES.values() if code.retry}


@pytest.mark.node
@pytest.mark.parametrize("body, seen", [
    ('{"ok": false, "error": {"code": "invalid", "message": "No."}}', "invalid"),
    ('{"error": {"code": 503, "message": "Busy"}}', "unreachable"), ('{"error": "bad gateway"}', "unreachable"),
    ('{"message": "no healthy upstream"}', "unreachable"), ("<html>502</html>", "unreachable"), ("null", "unreachable")])
def test_only_the_servers_own_refusals_are_final(body, seen):
    """A gateway's error passes: a line that it answers must be tried again."""
    code = f"""
        import {{ createServer }} from "node:http";
        import {{ requestHttp }} from "./connection.js";
        const gateway = createServer((request, response) => response.writeHead(503).end({json.dumps(body)}));
        await new Promise((resolve) => gateway.listen(0, "127.0.0.1", resolve));
        const origin = `http://127.0.0.1:${{gateway.address().port}}`;
        await requestHttp(origin, {{ base: "", headers: {{}} }}, "dialog_open").catch((error) => console.log(error.code));
        process.exit();"""
    done = subprocess.run([find("node"), "--input-type=module", "-e", code], capture_output=True, text=True, timeout=30,
                          cwd=Path(__file__).parent.parent / "widget_static")
    assert (done.stdout, done.returncode) == (f"{seen}\n", 0), done.stderr


@pytest.mark.node
@pytest.mark.parametrize("refusal, sends", [
    ("{ code: 'unreachable' }", 2), ("{ code: 'rate_limited', retryAfter: 9 }", 1), ("{ code: 'internal' }", 1)])
def test_a_line_waits_for_the_server_but_not_for_the_way_to_it(refusal, sends):
    """The server was heard again (`pump`): a line that had not reached it goes out at once."""
    code = f"""
        import {{ Outbox }} from "./outbox.js";
        let sends = 0;
        const send = async () => {{ sends += 1; throw Object.assign(new Error(), {refusal}, {{ retry: true }}); }};
        const outbox = new Outbox({{ send, save: async () => {{}}, remove() {{}}, onChange() {{}}, note() {{}} }});
        await outbox.add("text", "client_id");
        await new Promise(setImmediate);
        await outbox.pump();
        console.log(sends, outbox.entries[0].state);
        process.exit();"""
    done = subprocess.run([find("node"), "--input-type=module", "-e", code], capture_output=True, text=True, timeout=30,
                          cwd=Path(__file__).parent.parent / "widget_static")
    assert done.stdout == f"{sends} waiting\n", done.stderr


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]])
def test_python_socketios_client(cast, transports):
    guest = cast.guest()
    with guest.socket(transports=transports) as tab:
        opened = tab.call("dialog_open", {"message": {"text": "from Python"}})
        until(lambda: tab.events("message"))
        assert tab.events("message") == [{"message": opened["message"]}]
