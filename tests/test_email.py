"""The mail channel against a real SMTP server: encrypted or not at all, and why a letter did not go."""
import re
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

import replyx
from replyx import config
from replyx.certificates import tls_context
from replyx.notify.base import CODES, Letter
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


def channel_to(url):
    settings = config.load({"REPLYX_SMTP_URL": url, "REPLYX_URL": "https://chat.example", "REPLYX_MAIL_FROM": "a@shop.example"})
    return Email(settings.smtp_url, settings.mail_from)


def letter_to(address):
    return Letter(address, address, "Émile", "Тема", "Текст\n.\n", "")


def outcomes(channel, letters):
    """What came of each letter: None, or the code and number."""
    return [error and str(error) for _, error in channel.deliver(letters)]


def send(url, *addresses):
    return outcomes(channel_to(url), map(letter_to, addresses))


def test_a_mail_goes_encrypted_and_signed_in(post):
    assert send(post.url, "a@mail.example", "b@mail.example") == [None, None]
    assert [mail.to for mail in post.mails] == [["a@mail.example"], ["b@mail.example"]]
    assert post.mails[0].message["Subject"] == "Тема" and post.mails[0].text == "Текст\n.\n"
    assert post.mails[0].raw.isascii()


def test_the_way_out_is_a_plain_address_in_its_header(post):
    """Mail programs find no address in encoded words (RFC 2369, section 2)."""
    way = f"https://chat.example/unsubscribe/{'Wa-_.' * 30}"
    assert outcomes(channel_to(post.url), [replace(letter_to("a@mail.example"), unsubscribe=way)]) == [None]
    assert f"\r\nList-Unsubscribe: <{way}>\r\n" in post.mails[0].raw.decode()


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


def test_a_letter_that_meets_a_fault_of_ours_keeps_nobody_elses_mail(post, caplog):
    letters = [letter_to(f"{name}@mail.example") for name in "abc"]
    letters[1] = replace(letters[1], text=None)
    assert outcomes(channel_to(post.url), letters) == [None, "internal", None]
    assert [mail.to for mail in post.mails] == [["a@mail.example"], ["c@mail.example"]]
    [record] = [record for record in caplog.records if record.name.startswith("replyx")]
    assert record.levelname == "ERROR" and "b@mail.example" not in caplog.text


def test_a_connection_that_meets_a_fault_of_ours_raises_nothing(post):
    settings = config.load({"REPLYX_SMTP_URL": post.url, "REPLYX_URL": "https://chat.example", "REPLYX_MAIL_FROM": "a@b.example"})
    channel = Email(replace(settings.smtp_url, password="é"), settings.mail_from)
    assert outcomes(channel, [letter_to("a@mail.example")] * 2) == ["internal"] * 2


def test_certificates_are_read_once_and_only_for_tls(post, monkeypatch):
    read, make = [], ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda: read.append(1) or make())
    channel = channel_to(post.url)
    assert [outcomes(channel, [letter_to("a@mail.example")]) for _ in range(2)] == [[None]] * 2 and read == [1]
    with MailServer() as plain:
        assert send(plain.url, "a@mail.example") == [None] and read == [1]


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_the_console_has_words_for_every_code(lang):
    texts = (Path(replyx.__file__).parent / "console/static/texts.js").read_text()
    words = dict(zip(("en", "ru"), re.findall(r"letterErrors: {(.*?)\n    }", texts, re.S)))[lang]
    assert set(re.findall(r'(\w+): "[^"]+",', words)) == set(CODES)


def test_a_certificate_counts_alike_on_every_python(monkeypatch):
    """Python 3.13 would refuse this one, and any of a private authority without all the extensions of RFC 5280."""
    strict = ssl.create_default_context()
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    monkeypatch.setattr(ssl, "create_default_context", lambda: strict)
    context = tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
