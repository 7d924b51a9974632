"""One way to reach a server, as a browser would: the public address, or the server itself beside the proxy."""
import http.client
import json
import socket
import time
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ..certificates import tls_context
from . import fixes
from .report import Fault, Silence

STEP_SECONDS = 5
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Badge:
    """The temporary site's name towards the server, and the key that answers there."""
    site_id: int
    site_token: str
    api_key: str
    guest_id: str


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. `headers` keeps what came twice; names are in lower case."""
    status: int
    headers: list
    body: bytes

    def all(self, name):
        return [value for key, value in self.headers if key == name]

    def one(self, name):
        return ", ".join(self.all(name))

    @property
    def json(self):
        """The JSON object of the body, or None."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    @property
    def code(self):
        """ReplyX's own error code, or "" when somebody else answers."""
        error = (self.json or {}).get("error")
        return str(error.get("code", "")) if isinstance(error, dict) else ""


@dataclass(frozen=True)
class Visit:
    """`base` is where to connect to; `origin` the public address in every case, as the browser's pages name it."""
    settings: object
    origin: str
    base: str
    wait: float
    badge: Badge | None = None

    @property
    def parts(self):
        return urlsplit(self.base)

    @property
    def port(self):
        return self.parts.port or PORTS[self.parts.scheme]

    @property
    def netloc(self):
        """The Host of every request: the public name even at the server itself, as a right proxy would send it."""
        return urlsplit(self.origin).netloc

    @property
    def direct(self):
        """The same visit at the server itself; None when nothing stands in between."""
        base = f"http://{fixes.server_host(self.settings)}"
        is_server = self.parts.scheme == "http" and self.port == self.settings.port
        return None if is_server else replace(self, base=base)

    @property
    def guest(self):
        return {"Replyx-Site-Token": self.badge.site_token, "Replyx-Guest-Id": self.badge.guest_id, "Origin": self.origin}

    @property
    def manager(self):
        return {"Authorization": f"Bearer {self.badge.api_key}"}

    def open(self):
        """A connected socket, with TLS where the address says so. Raises OSError."""
        plain = socket.create_connection((self.parts.hostname, self.port), STEP_SECONDS)
        if self.parts.scheme == "http":
            return plain
        return tls_context().wrap_socket(plain, server_hostname=self.parts.hostname)

    def http(self, method, path, headers=None, body=None, seconds=None):
        """The answer, whatever it says; a redirect is not followed. Raises Fault when there is none."""
        tls = {"context": tls_context()} if self.parts.scheme == "https" else {}
        kind = http.client.HTTPSConnection if tls else http.client.HTTPConnection
        connection = kind(self.parts.hostname, self.port, timeout=seconds or STEP_SECONDS, **tls)
        if isinstance(body, dict):
            body, headers = json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})}
        started = time.monotonic()
        try:
            connection.request(method, path, body, {"Host": self.netloc, "User-Agent": "ReplyX-doctor", **(headers or {})})
            answer = connection.getresponse()
            return Answer(answer.status, [(name.lower(), value) for name, value in answer.getheaders()], answer.read())
        except (OSError, http.client.HTTPException) as error:
            raise no_answer(f"{method} {path.partition('?')[0]}", error, time.monotonic() - started) from None
        finally:
            connection.close()


def no_answer(what, error, seconds):
    if isinstance(error, TimeoutError):
        return Silence(f"{what} got no answer in {seconds:.0f} s.")
    if isinstance(error, ConnectionRefusedError):
        return Fault(f"{what} got no answer: the connection was refused.")
    return Fault(f"{what} got no answer: the connection was cut ({str(error) or type(error).__name__}).")
