"""The way to the server: name, connection, certificate."""
import contextlib
import errno
import ipaddress
import socket
import ssl
from datetime import datetime, timezone

from . import fixes
from .report import Doubt, Fault
from .visit import STEP_SECONDS

EXPIRES_SOON_DAYS = 14
NO_ROUTE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL)
# X509_V_ERR_... of OpenSSL.
NOT_YET_VALID, EXPIRED, SELF_SIGNED, WRONG_NAMES = 9, 10, 18, (62, 64)


def dns(visit):
    host = visit.parts.hostname
    try:
        found = _addresses(visit)
    except OSError:
        raise Fault(f"The name {host} has no address.", {
            "dns": f"{host}.  A  <the address of this server>", "settings": "REPLYX_URL=<the name that does lead here>"}
        ) from None
    return f"{host} is {', '.join(found)}."


def _addresses(visit):
    found = socket.getaddrinfo(visit.parts.hostname, visit.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(entry[4][0] for entry in found))


def connect(visit):
    """Every address of the name is tried: a browser may take any of them."""
    errors, addresses = {}, _addresses(visit)
    for address in addresses:
        try:
            socket.create_connection((address, visit.port), STEP_SECONDS / (len(addresses) + 1)).close()
        except OSError as error:
            # A machine without IPv6 can't tell whether others get through.
            if not (error.errno in NO_ROUTE and ":" in address and len(addresses) > 1):
                errors[address] = "refused" if isinstance(error, ConnectionRefusedError) else "no answer"
    told = ", ".join(f"{address} ({error})" for address, error in errors.items())
    if not errors:
        return f"Port {visit.port} is open."
    fix = fixes.listening(visit.parts) if visit.direct else fixes.START
    if "no answer" in errors.values():
        fix = {"shell": f"ufw allow {visit.port}/tcp    # or the rule of your provider's firewall"} | fix
    if len(errors) == len(addresses):
        raise Fault(f"Port {visit.port} can't be reached: {told}.", fix)
    raise Doubt(f"Port {visit.port} can't be reached at {told}: some browsers try that address first.", fix)


def tls(visit):
    if visit.parts.scheme == "http":
        return _plain(visit)
    try:
        with contextlib.closing(visit.open()) as connection:
            certificate, protocol = connection.getpeercert(), connection.version()
    except ssl.SSLCertVerificationError as error:
        raise _bad_certificate(visit, error) from None
    except ssl.SSLError as error:
        if error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"):
            raise Fault(f"Port {visit.port} speaks plain http, not https.", fixes.listening(visit.parts)) from None
        raise Fault(f"No encrypted connection: {error.reason}.", fixes.VERSIONS) from None
    except OSError as error:
        raise Fault(f"No encrypted connection: {error}.", fixes.listening(visit.parts)) from None
    return _expiry(certificate, protocol)


def _expiry(certificate, protocol):
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), timezone.utc)
    days = (ends - datetime.now(timezone.utc)).days
    if days < EXPIRES_SOON_DAYS:
        raise Doubt(f"The certificate ends in {days} days, on {ends:%Y-%m-%d}, and was not renewed.", fixes.RENEW)
    return f"The certificate is good until {ends:%Y-%m-%d} ({days} days); {protocol}."


def _bad_certificate(visit, error):
    host, code = visit.parts.hostname, error.verify_code
    if code == EXPIRED:
        return Fault("The certificate has expired.", fixes.RENEW)
    if code == NOT_YET_VALID:
        return Fault("The certificate is not valid yet: is this machine's clock right?", fixes.CLOCK)
    if code in WRONG_NAMES:
        return Fault(f"The certificate is for another name than {host}.",
                     {"shell": f"certbot certonly --webroot -w /var/www/html -d {host}"} | fixes.CHAIN)
    if code == SELF_SIGNED:
        return Fault("The certificate is self-signed: browsers refuse it.",
                     {"shell": f"certbot certonly --webroot -w /var/www/html -d {host}"} | fixes.CHAIN)
    return Fault(f"The certificate's chain is not complete or not trusted ({error.verify_message}).", fixes.CHAIN)


def _plain(visit):
    host = visit.parts.hostname
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return "Plain http, for this machine alone."
    if host == "localhost":
        return "Plain http, for this machine alone."
    raise Doubt("Plain http: browsers refuse it on https pages, and others can read along.",
                fixes.listening(visit.parts._replace(scheme="https", netloc=host)) | fixes.url(f"https://{host}"))
