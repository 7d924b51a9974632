"""The mail server: reached, encrypted, signed in to. No mail is sent."""
from ..notify.base import Undelivered
from ..notify.email import Email
from .report import Fault
from .visit import STEP_SECONDS

SETTING = {"settings": "REPLYX_SMTP_URL=smtps://USER:PASSWORD@mail.example.com    # smtp:// for STARTTLS"}


def mail(visit):
    return check(visit.settings.smtp_url)


def check(smtp):
    """`smtp` has `host`, `port`, `user` and `password` (empty for none), and `tls`: `implicit`, `starttls` or empty."""
    where = f"{smtp.host} port {smtp.port}"
    try:
        Email(smtp, None).try_out(STEP_SECONDS)
    except Undelivered as error:
        raise _fault(error, where, smtp) from None
    return f"{where} answers" + (", encrypted" if smtp.tls else "") + (", and lets us in." if smtp.user else ".")


def _fault(error, where, smtp):
    """What keeps the connection from being made, with the library's own word for it where that says more."""
    why = getattr(error.__cause__, "verify_message", "") or type(error.__cause__).__name__
    if error.code == "login":
        return Fault(f"{where} refuses the user or the password ({error.number}).", SETTING)
    if error.code == "unsupported":
        return Fault(f"{where} offers no encryption, or no sign-in: another port may.", SETTING)
    if error.code == "tls":
        return Fault(f"{where} can't be reached safely ({why}): its certificate is not good for this name, or it speaks no TLS on "
                     "this port.", _openssl(smtp) | SETTING)
    return Fault(f"{where} can't be reached, or is no mail server ({why}). Check the host and the port in REPLYX_SMTP_URL, and "
                 "that the firewall lets this machine out.", _openssl(smtp))


def _openssl(smtp):
    if not smtp.tls:
        return {"shell": f"nc -v {smtp.host} {smtp.port}"}
    return {"shell": f"openssl s_client -connect {smtp.host}:{smtp.port}" + (" -starttls smtp" if smtp.tls == "starttls" else "")}
