"""The fixed cast: a guest and another, a manager and one of another site, an owner; and how they speak to the server."""
import uuid
from concurrent.futures import ThreadPoolExecutor

import requests
import socketio

PASSWORD = "correct horse battery"


class Guest:
    """A visitor's page. `channel` is `site` or `widget`; the guest_id is the same on both."""

    def __init__(self, cast, channel="site", guest_id=None, site=None):
        self.cast, self.channel, self.site = cast, channel, site or cast.site
        self.guest_id = guest_id or str(uuid.uuid4())

    def on(self, channel):
        """The same guest through the other channel."""
        return Guest(self.cast, channel, self.guest_id, self.site)

    @property
    def name(self):
        """What identifies the page: a site_token or an assistant_id."""
        if self.channel == "site":
            return {"site_token": self.site["site_token"]}
        return {"assistant_id": self.site["assistant_id"]}

    @property
    def auth(self):
        return {**self.name, "guest_id": self.guest_id}

    @property
    def headers(self):
        return {f"Replyx-{name.replace('_', '-').title()}": str(value) for name, value in self.auth.items()}

    def http(self, method, path, json=None, **options):
        headers = {**self.headers, **options.pop("headers", {})}
        return requests.request(method, f"{self.cast.served.url}/api/{self.channel}{path}", json=json, headers=headers,
                                timeout=10, **options)

    def socket(self, **options):
        return connect(self.cast.served, self.auth, **options)

    def open(self, text="hello", client_id=None):
        """Open a dialog with a first line; the answer's body."""
        message = {"text": text, "client_id": client_id or str(uuid.uuid4())}
        return self.http("POST", "/dialogs", {"message": message}).json()


class Manager:
    """A manager's browser, signed in on ReplyX's own origin."""

    def __init__(self, cast, email, name, role="manager", sites=()):
        self.cast, self.email, self.name = cast, email, name
        flags = [flag for site in sites for flag in ("--site", site["id"])]
        self.row = cast.served.command("manager", "add", email, "--name", name, "--role", role, "--password-stdin", *flags,
                                       "--json", stdin=PASSWORD)
        self.session = requests.Session()
        self.session.headers["Origin"] = cast.origin
        self.sign_in()

    def sign_in(self):
        answer = self.session.post(f"{self.cast.served.url}/api/manager/session", timeout=10,
                                   json={"email": self.email, "password": PASSWORD})
        assert answer.status_code == 201, answer.text

    @property
    def cookie(self):
        return "; ".join(f"{name}={value}" for name, value in self.session.cookies.items())

    def http(self, method, path, json=None, **options):
        if method != "GET":
            json = {} if json is None else json
        return self.session.request(method, f"{self.cast.served.url}/api/manager{path}", json=json, timeout=10, **options)

    def socket(self):
        # The WebSocket client sends the server's own address as Origin, as a browser on the console would.
        return connect(self.cast.served, {"as": "manager"}, headers={"Cookie": self.cookie})


class Socket:
    """python-socketio's own client, and everything it has received."""

    def __init__(self, served, auth, headers=None, transports=("websocket",)):
        self.received, self.error = [], None
        self.client = socketio.Client(reconnection=False)
        self.client.on("*", lambda event, *data: self.received.append((event, *data)))
        self.client.on("connect_error", self._refused)
        self.client.connect(served.url, auth=auth, headers=headers or {}, transports=list(transports), wait_timeout=10)

    def _refused(self, data):
        self.error = data

    def call(self, event, payload=None):
        """Send an event and give its ack."""
        return self.client.call(event, payload, timeout=10)

    def events(self, name):
        return [data[0] for event, *data in self.received if event == name]

    @property
    def connected(self):
        return self.client.connected

    def close(self):
        self.client.disconnect()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def connect(served, auth, **options):
    return Socket(served, auth, **options)


class Cast:
    """Two sites with a domain each, and the people. A fresh guest comes from `guest()`."""

    def __init__(self, served, origin=None):
        self.served, self.origin = served, origin or served.url
        self.site = served.command("site", "add", "Shop", "--domain", "shop.example", "--domain", "localhost", "--json")
        self.other_site = served.command("site", "add", "Club", "--domain", "club.example", "--json")
        people = (("anna@shop.example", "Anna", "manager", [self.site]), ("boris@shop.example", "Boris", "manager", [self.site]),
                  ("clara@club.example", "Clara", "manager", [self.other_site]), ("olga@shop.example", "Olga", "owner", []))
        with ThreadPoolExecutor() as pool:
            self.manager, self.colleague, self.other_manager, self.owner = pool.map(lambda person: Manager(self, *person), people)

    def guest(self, channel="site", site=None):
        return Guest(self, channel, site=site)
