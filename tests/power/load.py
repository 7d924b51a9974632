"""Many guests who post through a server over sockets and HTTP, and remember when each line was acknowledged."""
import json
import threading
import time
import uuid
from types import SimpleNamespace

import requests
import websocket

from tests.cast import Guest
from tests.hostile.wire import Frames

LOST = (requests.RequestException, websocket.WebSocketException, OSError)


class Load:
    """`with Load(served, site) as load`: guests post until the block ends. `acked` is {client_id: monotonic seconds}.

    A line without an answer is sent again with the same client_id, as the widget does.
    """

    def __init__(self, served, site, by_socket=4, by_http=4):
        self._cast = SimpleNamespace(served=served, site=site)
        self._ended, self.acked = threading.Event(), {}
        self._threads = [threading.Thread(target=self._post, args=(number < by_socket,), daemon=True)
                         for number in range(by_socket + by_http)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _post(self, by_socket):
        way = (_BySocket if by_socket else _ByHttp)(self._cast)
        client_id = str(uuid.uuid4())
        while not self._ended.is_set():
            try:
                answer = way.send({"message": {"text": "x" * 300, "client_id": client_id}})
            except LOST:
                way.lose()
                self._ended.wait(0.02)
                continue
            if answer["ok"]:
                self.acked[client_id] = time.monotonic()
                client_id = str(uuid.uuid4())
        way.lose()


class _BySocket:
    def __init__(self, cast):
        self._served, self._auth, self._frames = cast.served, json.dumps(Guest(cast).auth), None

    def send(self, payload):
        self._frames = self._frames or Frames(self._served, self._auth)
        return self._frames.call('"dialog_open"', json.dumps(payload))

    def lose(self):
        if self._frames:
            self._frames.ws.shutdown()
            self._frames = None


class _ByHttp:
    def __init__(self, cast):
        self._guest = Guest(cast)

    def send(self, payload):
        return self._guest.http("POST", "/dialogs", payload).json()

    def lose(self):
        """Each request has a connection of its own."""
