"""WebSocket frames: the faster steps give what eventlet's own give, however the bytes arrive."""
import json
import random
import socket
import uuid
from importlib.metadata import version

import pytest
from websocket import ABNF

from replyx import frames
from tests.hostile.wire import Frames
from tests.served import until


def test_eventlet_is_the_version_that_the_frames_stand_on():
    assert version("eventlet") == frames.TESTED_WITH, (
        "Read eventlet.websocket again: frames.py replaces RFC6455WebSocket's _apply_mask, its socket and its send.")


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 5, 7, 8, 125, 126, 4099])
@pytest.mark.parametrize("offset", range(5))
def test_unmasking_is_an_xor_with_the_repeated_key(length, offset):
    generator = random.Random(length * 10 + offset)
    data, mask = generator.randbytes(length), tuple(generator.randbytes(4))
    expected = bytes(byte ^ mask[(offset + at) % 4] for at, byte in enumerate(data))
    assert frames.Frames._apply_mask(data, mask, length=length, offset=offset) == expected


@pytest.mark.parametrize("length, head", [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10), (200_000, 10)])
def test_a_frame_is_what_a_client_reads(length, head):
    packed = frames._frame("a" * length)
    reader = ABNF.create_frame("a" * length, ABNF.OPCODE_TEXT)
    reader.mask_value = 0
    assert packed == reader.format() and len(packed) == head + length


@pytest.fixture
def guest(cast):
    guest = cast.guest()
    guest.dialog_id = guest.open()["dialog"]["id"]
    return guest


def posts(guest, texts):
    """Masked frames that post these texts, and the acks that answer them."""
    packets = [json.dumps(["message_post", {"dialog_id": guest.dialog_id, "text": text, "client_id": str(uuid.uuid4())}])
               for text in texts]
    return [ABNF.create_frame(f"42{number}{packet}", ABNF.OPCODE_TEXT).format() for number, packet in enumerate(packets)]


def received(guest, frames, texts):
    """The broadcasts and the acks of these texts, which must come in order."""
    found = {"42": [], "43": []}

    def is_complete():
        packet = frames.receive()
        if packet[:2] == "43":
            found["43"].append(json.loads(packet[packet.index("["):])[0]["message"]["text"])
        elif packet.startswith('42["message"'):
            found["42"].append(json.loads(packet[2:])[1]["message"]["text"])
        return all(len(lines) == len(texts) for lines in found.values())
    until(is_complete)
    return found["42"] == found["43"] == texts


TEXTS = ["one", "дважды", "three" * 50, "x" * 10_000, "five 🙂"]


def test_many_frames_in_one_segment_are_read_one_after_the_other(served, guest):
    with Frames(served, json.dumps(guest.auth)) as link:
        link.ws.sock.sendall(b"".join(posts(guest, TEXTS)))
        assert received(guest, link, TEXTS)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_frames_in_pieces_are_put_together(served, guest, size):
    texts = TEXTS if size > 1 else TEXTS[:2]
    with Frames(served, json.dumps(guest.auth)) as link:
        link.ws.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = b"".join(posts(guest, texts))
        for at in range(0, len(data), size):
            link.ws.sock.sendall(data[at:at + size])
        assert received(guest, link, texts)


def test_a_message_in_fragments_with_a_ping_between_is_one_message(served, guest):
    with Frames(served, json.dumps(guest.auth)) as link:
        payload = f'["message_post",{{"dialog_id":{guest.dialog_id},"text":"in pieces"}}]'
        link.frame("420" + payload[:20], ABNF.OPCODE_TEXT, 0)
        link.frame("ping", ABNF.OPCODE_PING)
        link.frame(payload[20:], ABNF.OPCODE_CONT)
        assert received(guest, link, ["in pieces"])
