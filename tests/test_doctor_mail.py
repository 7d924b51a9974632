"""The doctor looks at the mail server: its name, its TLS, its sign-in."""
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from replyx.doctor import mail
from replyx.doctor.report import Fault
from tests.doctored import check, look, make_certificate, states
from tests.served import free_port, until


class MailServer(Controller):
    """A real SMTP server with one user, whose password is `right`; `tls` as in the settings."""

    def __init__(self, tls, certificate=None):
        self._tls, self._context, self._connections = tls, None, []
        if tls:
            self._context = SSLContext(PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(f"{certificate}.pem", f"{certificate}.key")
        super().__init__(object(), hostname="127.0.0.1", port=free_port(),
                         ssl_context=self._context if tls == "implicit" else None)

    def factory(self):
        self._connections.append(SMTP(
            self.handler, auth_require_tls=False, tls_context=self._context if self._tls == "starttls" else None,
            authenticator=lambda *call: AuthResult(success=call[4].password == b"right", handled=False)))
        return self._connections[-1]

    def setting(self, user="anna", password="right", tls=None):
        return SimpleNamespace(host="127.0.0.1", port=self.port, user=user, password=password,
                               tls=self._tls if tls is None else tls)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        # What is open when its loop ends is a ResourceWarning in whichever test comes next.
        until(lambda: all(connection.transport is None for connection in self._connections), what="the end of the connections")
        self.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"), "mail", "IP:127.0.0.1")


@pytest.mark.parametrize("tls, told", [("", "answers, and lets us in."), ("starttls", "encrypted"), ("implicit", "encrypted")])
@pytest.mark.openssl
def test_a_mail_server_that_works(certificate, monkeypatch, tls, told):
    monkeypatch.setenv("SSL_CERT_FILE", f"{certificate}.pem")
    with MailServer(tls, certificate) as server:
        assert told in mail.check(server.setting())
        assert mail.check(server.setting(user="")).count("lets us in") == 0
        with pytest.raises(Fault, match="refuses the user or the password") as error:
            mail.check(server.setting(password="wrong-secret"))
        assert "wrong-secret" not in f"{error.value}{error.value.fix}" and "REPLYX_SMTP_URL=" in error.value.fix["settings"]


def test_the_mail_server_of_the_settings_is_looked_at(served):
    with MailServer("") as server:
        assert check(look(served.env, smtp_url=server.setting()), "mail")["state"] == "ok"
        assert states(look(served.env, smtp_url=server.setting(password="wrong-secret")), "failed") == ["mail"]


@pytest.mark.openssl
def test_a_mail_server_with_a_bad_certificate(certificate):
    with MailServer("implicit", certificate) as server, pytest.raises(Fault, match="self-signed certificate"):
        mail.check(server.setting())


def test_a_mail_server_without_tls_on_this_port():
    with MailServer("") as server, pytest.raises(Fault, match="speaks no TLS on this port") as error:
        mail.check(server.setting(tls="implicit"))
    assert "openssl s_client" in error.value.fix["shell"]


def test_a_mail_server_without_encryption():
    with MailServer("") as server, pytest.raises(Fault, match="no encryption"):
        mail.check(server.setting(tls="starttls"))


def test_no_mail_server():
    with pytest.raises(Fault, match="can.t be reached") as error:
        mail.check(SimpleNamespace(host="127.0.0.1", port=free_port(), user="", password="", tls=""))
    assert "nc -v" in error.value.fix["shell"]
