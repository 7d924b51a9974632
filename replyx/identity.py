"""Who a site's own server says its visitor is: the signature of a profile, and what it is made over."""
import hashlib
import hmac

from . import clock
from .errors import WrongIdentity

# A signature that never ends would be a password lying in a page.
MOST_SECONDS = 31 * 24 * 3600


def sign(secret, user_id, name="", email="", exp=0):
    """The signature, in hex. No field may hold a line's end: one profile's text could pass for another's."""
    return hmac.new(secret.encode(), f"{user_id}\n{name}\n{email}\n{exp}".encode(), hashlib.sha256).hexdigest()


def is_signed(secret, profile):
    """Whether the profile, as `guest_schemas.Profile` gives it, is signed with the site's secret; False where it claims no
    signature. Raises WrongIdentity for one that is wrong or over."""
    if "signature" not in profile:
        return False
    if secret is None:
        raise WrongIdentity("This site has no secret to sign identities with. Make one in the site's settings.")
    right = sign(secret, *(profile.get(name, "") for name in ("user_id", "name", "email", "exp")))
    if not hmac.compare_digest(right.encode(), profile["signature"].lower().encode()):
        raise WrongIdentity("The identity's signature is wrong. Sign user_id, name, email and exp, as they are sent, "
                            "with the site's secret.")
    left = profile["exp"] - clock.seconds()
    if left <= 0:
        raise WrongIdentity("The identity's signature is over: exp lies in the past. Sign anew for each page.")
    if left > MOST_SECONDS:
        days = MOST_SECONDS // 86400
        raise WrongIdentity(f"The identity's signature counts for too long: exp may lie {days} days ahead at most.")
    return True
