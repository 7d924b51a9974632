"""The mail channel against a real SMTP server: encrypted or not at all, and why a letter did not go."""
import pytest

from replyx import config
from replyx.notify.base import Letter
from replyx.notify.email import Email
from tests.served import free_port
from tests.smtpd import MailServer, certificate

pytestmark = pytest.mark.openssl


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def post(file):
    with MailServer(file) as server:
        yield server


@pytest.fixture(autouse=True)
def trusted(file, post, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    post.mails.clear()


def send(url, *addresses):
    """What came of a letter to each address: None, or the code and number."""
    channel = Email(config.load({"REPLYX_SMTP_URL": url, "REPLYX_URL": "https://chat.example",
                                 "REPLYX_MAIL_FROM": "a@shop.example"}))
    letters = [Letter(address, address, "Émile", "Тема", "Текст\n.\n", "") for address in addresses]
    return [error and str(error) for _, error in channel.deliver(letters)]


def test_a_mail_goes_encrypted_and_signed_in(post):
    assert send(post.url, "a@mail.example", "b@mail.example") == [None, None]
    assert [mail.to for mail in post.mails] == [["a@mail.example"], ["b@mail.example"]]
    assert post.mails[0].message["Subject"] == "Тема" and post.mails[0].text == "Текст\n.\n"
    assert post.mails[0].raw.isascii()


def test_tls_from_the_first_byte(file):
    with MailServer(file, implicit=True) as server:
        assert send(server.url, "a@mail.example") == [None] and len(server.mails) == 1


def test_a_certificate_that_is_not_trusted_or_of_another_name_is_refused(post, monkeypatch):
    assert send(post.url.replace("localhost", "127.0.0.1"), "a@mail.example") == ["tls"]
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    assert send(post.url, "a@mail.example") == ["tls"] and post.mails == []


def test_a_server_without_encryption_gets_neither_password_nor_mail():
    with MailServer() as server:
        url = f"smtp://user:password@localhost:{server.port}"
        assert send(url, "a@mail.example") == ["unsupported"] and server.mails == []


def test_a_wrong_password_and_a_silent_server_are_named_once_for_all(post):
    assert send(post.url.replace("p%40ss", "wrong"), "a@mail.example", "b@mail.example") == ["login 535"] * 2
    assert send(f"smtp://127.0.0.1:{free_port()}", "a@mail.example", "b@mail.example") == ["unreachable"] * 2
    assert send(post.url.replace("smtp:", "smtps:"), "a@mail.example") == ["tls"]


@pytest.mark.parametrize("address", ["", "no address", "a@b@c", "é@mail.example", "a@mail.example\r\nBcc: b@mail.example",
                                     "a@mail.example, b@mail.example"])
def test_what_is_no_address_keeps_nobody_elses_mail(post, address):
    assert send(post.url, address, "b@mail.example") == ["address", None]
    assert [mail.to for mail in post.mails] == [["b@mail.example"]]


def test_a_refusal_for_good_a_refusal_for_now_and_neither_for_the_next(post):
    post.refused = {"a@mail.example": "550 no", "b@mail.example": "450 later"}
    assert send(post.url, "a@mail.example", "b@mail.example", "c@mail.example") == ["refused 550", "later 450", None]
    post.refused = {}
