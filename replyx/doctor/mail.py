"""The mail server: reached, encrypted, signed in to. No mail is sent."""
import smtplib
import ssl

from .report import Fault
from .visit import STEP_SECONDS

SETTING = {"settings": "REPLYX_SMTP_URL=smtps://USER:PASSWORD@mail.example.com    # smtp:// for STARTTLS"}


def mail(visit):
    return check(visit.settings.smtp_url)


def check(smtp):
    """`smtp` has `host`, `port`, `user` and `password` (empty for none), and `tls`: `implicit`, `starttls` or empty."""
    where = f"{smtp.host} port {smtp.port}"
    try:
        with _open(smtp) as server:
            if smtp.tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if smtp.user:
                server.login(smtp.user, smtp.password)
            server.noop()
    except smtplib.SMTPAuthenticationError as error:
        raise Fault(f"{where} refuses the user or the password ({error.smtp_code}).", SETTING) from None
    except ssl.SSLCertVerificationError as error:
        raise Fault(f"The certificate of {where} is not good: {error.verify_message}.", SETTING) from None
    except smtplib.SMTPNotSupportedError:
        raise Fault(f"{where} offers no encryption, or no sign-in: another port may.", SETTING) from None
    except (OSError, smtplib.SMTPException) as error:
        raise Fault(f"{where} does not answer as a mail server should: {type(error).__name__}.",
                    {"shell": f"openssl s_client -connect {smtp.host}:{smtp.port}"} | SETTING) from None
    return f"{where} answers" + (", encrypted" if smtp.tls else "") + (", and lets us in." if smtp.user else ".")


def _open(smtp):
    if smtp.tls == "implicit":
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=STEP_SECONDS, context=ssl.create_default_context())
    return smtplib.SMTP(smtp.host, smtp.port, timeout=STEP_SECONDS)
