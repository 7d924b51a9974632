"""A real SMTP server in a thread: what it took, whom it refuses, and whether it is in a hurry."""
import asyncio
import email
import email.policy
import re
import ssl
import subprocess

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.served import free_port, until

USER, PASSWORD = "shop@mail.example", "p@ss:w/rd"


class Mail:
    """A mail as it arrived: the envelope's recipients, the parsed message, its text and the links in it."""

    def __init__(self, envelope):
        self.to, self.sender = envelope.rcpt_tos, envelope.mail_from
        self.raw = envelope.content
        self.message = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
        self.text = self.message.get_content().replace("\r\n", "\n")
        self.links = re.findall(r"<(https?://\S+)>", self.text)


class MailServer:
    """`with MailServer() as server`: takes mail at `server.url` until the block ends, or from `start` to `stop`.

    `refused` maps an address to the line that refuses it. While `holds`, a mail is taken but not acknowledged. With
    `certificate` (a file with certificate and key for localhost) it insists on STARTTLS and on USER with PASSWORD, or
    speaks TLS from the first byte if `implicit`.
    """

    def __init__(self, certificate=None, implicit=False):
        self.port, self.certificate, self.implicit = free_port(), certificate, implicit
        self.mails, self.refused, self.holds, self._controller = [], {}, False, None
        self.url = f"smtp://127.0.0.1:{self.port}"
        if certificate:
            scheme, user = ("smtps", "") if implicit else ("smtp", "shop%40mail.example:p%40ss%3Aw%2Frd@")
            self.url = f"{scheme}://{user}localhost:{self.port}"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(Mail(envelope))
        while self.holds:
            await asyncio.sleep(0.02)
        return "250 taken"

    def start(self):
        options = {}
        if self.certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(self.certificate)
            options = {"ssl_context": context} if self.implicit else {
                "tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": self._authenticate}
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        self._controller.start()

    def _authenticate(self, server, session, envelope, mechanism, data):
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=right)

    def stop(self):
        if self._controller:
            self._controller.stop(no_assert=True)
            self._controller = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.holds = False
        self.stop()

    def to(self, address):
        """The mails that this address got, oldest first."""
        return [mail for mail in self.mails if address in mail.to]

    def wait(self, address, count=1, seconds=20):
        """The mails of this address, once there are so many."""
        until(lambda: len(self.to(address)) >= count, seconds, f"mail {count} to {address}")
        return self.to(address)


def certificate(folder):
    """A self-made certificate for localhost, with its key in the same file."""
    file = folder / "localhost.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", file, "-out",
                    folder / "certificate.pem"], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + (folder / "certificate.pem").read_bytes())
    return file
