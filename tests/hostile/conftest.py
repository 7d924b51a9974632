"""The fixtures of the hostile tests: a guest with a dialog, the two doors, and what must be true after each test."""
import json

import pytest

from tests.hostile.wire import Frames, HttpDoor, SocketDoor, texts


@pytest.fixture(scope="module", autouse=True)
def no_traceback(served):
    """Rubbish is the client's fault; a traceback would say that it is the server's."""
    yield
    assert "Traceback" not in served.log


@pytest.fixture(scope="module")
def guest(cast):
    guest = cast.guest()
    guest.dialog_id = guest.open()["dialog"]["id"]
    return guest


@pytest.fixture(params=[HttpDoor, SocketDoor], ids=["http", "socket"])
def door(request, guest):
    door = request.param(guest, guest.dialog_id)
    yield door
    door.close()


@pytest.fixture
def frames(served, guest):
    with Frames(served, json.dumps(guest.auth)) as frames:
        yield frames


@pytest.fixture
def stored(served, guest):
    """The texts that the test had accepted. Afterwards nothing else is in the database, and both transports answer."""
    before, expected = texts(served), []
    yield expected
    assert texts(served)[len(before):] == expected
    for way in (HttpDoor, SocketDoor):
        door = way(guest, guest.dialog_id)
        assert door.sync(str(guest.dialog_id))[1]["ok"]
        door.close()
