"""How certificates of other servers are judged: alike on every Python."""
import ssl


def tls_context():
    """The names and the chain are checked, as browsers do. Python 3.13 also refuses a chain that lacks the extensions of RFC 5280,
    which browsers and mail servers take, and which `openssl req -x509` leaves out. It reads a file: 20 ms of the processor."""
    context = ssl.create_default_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
