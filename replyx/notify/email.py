"""E-mail: letters over SMTP, as plain text. Encrypted, with the server's certificate checked, unless it is this machine."""
import email.errors
import email.policy
import email.utils
import hashlib
import logging
import smtplib
import ssl
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage

from ..certificates import tls_context
from ..green import in_thread, timeout
from .base import Undelivered, one_line

log = logging.getLogger(__name__)

# Seconds for one step of SMTP; for one letter with all its steps, and for a connection with its look-up of the name.
STEP_SECONDS = 20
LETTER_SECONDS = 60
UNWRITABLE = (email.errors.MessageError, ValueError, IndexError, UnicodeError)


class _Verbatim(UnstructuredHeader):
    """A header of one long address, as RFC 2369 wants it: the library would fold it into encoded words."""

    def fold(self, *, policy):
        return f"{self.name}: {self}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", _Verbatim)
POLICY = email.policy.SMTP.clone(cte_type="7bit", header_factory=_headers)


class Email:
    """The way to a mail server (`smtp`, as in the settings), and who writes: an email.headerregistry.Address."""

    def __init__(self, smtp, sender):
        self._smtp, self._sender, self._context = smtp, sender, None

    def deliver(self, letters):
        """Send the letters, one after the other, over one connection; give each with what came of it, an Undelivered or
        None, as soon as that is known. One that can't be delivered does not keep the others. Raises nothing of its own."""
        server = down = None
        try:
            for letter in letters:
                outcome = down
                try:
                    if not down:
                        message = self._message(letter)
                        server = server or self._connect()
                        self._send(server, message)
                except Undelivered as error:
                    outcome = error
                    # What is not about this letter alone would keep the rest waiting for the same silence.
                    down = None if error.final or error.code == "later" else error
                except Exception as error:
                    outcome, server = _fault(error), _close(server)
                yield letter, outcome
        finally:
            if server:
                _quit(server)

    def try_out(self, step_seconds):
        """Connect, and take leave. Raises Undelivered, whose cause is the library's error."""
        _quit(self._connect(step_seconds))

    def _connect(self, step_seconds=STEP_SECONDS):
        """Greeted, encrypted and signed in. Raises Undelivered."""
        smtp, server = self._smtp, None
        try:
            with timeout(LETTER_SECONDS):
                if smtp.tls and not self._context:
                    # It reads every certificate that the machine trusts: 20 ms of the processor.
                    self._context = in_thread(tls_context)
                if smtp.tls == "implicit":
                    server = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=step_seconds, context=self._context)
                else:
                    server = smtplib.SMTP(smtp.host, smtp.port, timeout=step_seconds)
                if smtp.tls == "starttls":
                    server.starttls(context=self._context)
                if smtp.user:
                    server.login(smtp.user, smtp.password)
            return server
        except (OSError, smtplib.SMTPException) as error:
            _close(server)
            raise _unconnected(error) from error
        except Exception:
            _close(server)
            raise

    def _send(self, server, message):
        try:
            with timeout(LETTER_SECONDS):
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            [(number, _)] = error.recipients.values()
            raise _refused(number) from None
        except smtplib.SMTPSenderRefused as error:
            raise Undelivered("sender", error.smtp_code) from None
        except smtplib.SMTPDataError as error:
            raise _refused(error.smtp_code) from None
        except (OSError, smtplib.SMTPException):
            raise Undelivered("unreachable") from None

    def _message(self, letter):
        """The mail. Headers are built from their parts: no text of anybody's can end one and begin the next."""
        message = EmailMessage(POLICY)
        try:
            message["From"] = self._sender
            message["To"] = Address(one_line(letter.name), addr_spec=letter.address)
            message["Subject"] = one_line(letter.subject)
            message["Date"] = email.utils.localtime()
            message["Message-ID"] = f"<{hashlib.sha256(letter.key.encode()).hexdigest()[:32]}@{self._sender.domain}>"
            message["Auto-Submitted"] = "auto-generated"
            if letter.unsubscribe:
                message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
                message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
            message.set_content(letter.text, charset="utf-8")
            # An address outside ASCII would need SMTPUTF8, which few servers between here and there have.
            letter.address.encode("ascii")
        except UNWRITABLE:
            raise Undelivered("address", final=True) from None
        return message


def _fault(error):
    """What is no fault of the server's or the letter's. The error's text may hold an address: its kind and place must do."""
    place = error.__traceback__
    while place.tb_next:
        place = place.tb_next
    log.error("[Mail] a fault of ReplyX: %s at %s:%d", type(error).__name__, place.tb_frame.f_code.co_filename, place.tb_lineno)
    return Undelivered("internal")


def _close(server):
    if server:
        server.close()


def _unconnected(error):
    if isinstance(error, ssl.SSLError):
        return Undelivered("tls")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Undelivered("unsupported")
    code = "login" if isinstance(error, smtplib.SMTPAuthenticationError) else "unreachable"
    return Undelivered(code, getattr(error, "smtp_code", None))


def _refused(number):
    """5xx is for good (RFC 5321, section 4.2.1); 4xx may pass."""
    return Undelivered("refused", number, final=True) if number >= 500 else Undelivered("later", number)


def _quit(server):
    try:
        with timeout(STEP_SECONDS):
            server.quit()
    except (OSError, smtplib.SMTPException):
        # The letters were taken; how the connection ends matters to nobody.
        server.close()
