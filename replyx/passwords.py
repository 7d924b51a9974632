"""Passwords and one-time codes."""
import threading
from contextlib import contextmanager

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from . import clock
from .errors import Invalid, RateLimited
from .green import in_thread

SHORTEST = 10
# 19 MiB, two passes: OWASP's recommendation for argon2id, 20 to 30 ms here.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Hashing fills a core: two at a time leave the chat alone, however many people sign in. One is for whoever comes, and one
# for browsers that are known: a thousand machines that try a password each hold nobody up there.
_strangers, _known = threading.Semaphore(1), threading.Semaphore(1)
# Strangers who may wait, some five seconds of work, and how many do.
MOST_WAITING = 200
_waiting = 0
STEP_SECONDS = 30


def hash_password(password):
    """The argon2id hash to store. Raises Invalid for a password that is too short."""
    if len(password) < SHORTEST:
        raise Invalid(f"The password is too short. Use at least {SHORTEST} characters.",
                      fields={"password": [f"Must have at least {SHORTEST} characters."]})
    with _turn():
        return in_thread(_hasher.hash, password)


# Verified when there is no such account, so that the answer takes as long.
_NOBODY = _hasher.hash("nobody has this password")


@contextmanager
def _turn():
    """A stranger's turn. Raises RateLimited when too many wait for theirs."""
    global _waiting
    if _waiting >= MOST_WAITING:
        raise RateLimited("Very many people sign in just now. Wait a moment and try again.", retry_after=10)
    _waiting += 1
    try:
        _strangers.acquire()
    finally:
        _waiting -= 1
    try:
        yield
    finally:
        _strangers.release()


def is_password(stored_hash, password, is_known=False):
    """Whether the password is the one that was hashed; with no hash, False after the same time. `is_known`: it is tried in a
    browser where its account has signed in before. Raises RateLimited."""
    with _known if is_known else _turn():
        try:
            return in_thread(_hasher.verify, stored_hash or _NOBODY, password) and stored_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def new_totp_secret():
    return pyotp.random_base32()


def totp_uri(secret, email):
    """The otpauth:// URI that an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="ReplyX")


def totp_step(secret, code):
    """The time step (RFC 6238) whose code this is, one step of clock drift allowed either way; None if it is none."""
    totp, current = pyotp.TOTP(secret), int(clock.seconds()) // STEP_SECONDS
    for step in (current - 1, current, current + 1):
        if pyotp.utils.strings_equal(totp.generate_otp(step), code.replace(" ", "")):
            return step
    return None
