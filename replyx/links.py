"""Signed links, in mails and to files, and the cookies of browsers that are known: what they say, they say themselves. Only
another secret key revokes them."""
import secrets
from typing import NamedTuple

from itsdangerous import BadData, Signer, URLSafeSerializer, URLSafeTimedSerializer

from . import clock

GUEST_LINK_SECONDS = 30 * 24 * 3600
FILE_SECONDS = 24 * 3600
# A file's address stays the same for this long, so that browsers keep what they have got.
FILE_STEP = 3600
DEVICE_SECONDS = 365 * 24 * 3600
# Accounts that one browser is known to.
MOST_ACCOUNTS = 5


class Device(NamedTuple):
    """A browser in which managers have signed in: a name of its own, and who they are, as `Links.account` writes it."""
    name: str
    accounts: tuple


class Links:
    """The signers, with the instance's secret key. What was signed for one purpose is worth nothing for another."""

    def __init__(self):
        self._guest = self._unsubscribe = self._file = self._device = self._account = None

    def init_app(self, app):
        self._guest = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="replyx guest link")
        self._unsubscribe = URLSafeSerializer(app.config["SECRET_KEY"], salt="replyx unsubscribe")
        self._file = Signer(app.config["SECRET_KEY"], salt="replyx file")
        self._device = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="replyx device")
        self._account = Signer(app.config["SECRET_KEY"], salt="replyx account")

    def guest_link(self, site_id, guest_id):
        """The credential that a mail gives its guest, good for GUEST_LINK_SECONDS."""
        return self._guest.dumps([site_id, guest_id])

    def read_guest_link(self, text):
        """(site_id, guest_id), or None for what is forged or too old."""
        try:
            return tuple(self._guest.loads(text, max_age=GUEST_LINK_SECONDS))
        except BadData:
            return None

    def unsubscribe(self, who, number, address_digest):
        """`who` is `guest` or `manager`. The digest ties the link to the address that it was mailed to."""
        return self._unsubscribe.dumps([who, number, address_digest])

    def read_unsubscribe(self, text):
        """(who, number, digest of the address), or None for what is forged."""
        try:
            return tuple(self._unsubscribe.loads(text))
        except BadData:
            return None

    def file(self, file_id):
        """The path of a file, good for FILE_SECONDS and up to FILE_STEP more."""
        expires = (int(clock.seconds()) // FILE_STEP + 1) * FILE_STEP + FILE_SECONDS
        return f"/files/{file_id}/{expires}/{self._file.get_signature(f'{file_id} {expires}').decode()}"

    def file_seconds_left(self, file_id, expires, signature):
        """How long a file's address still counts; 0 for what is forged or too old."""
        if not self._file.verify_signature(f"{file_id} {expires}", signature):
            return 0
        return max(0, expires - int(clock.seconds()))

    def account(self, manager_id, password_hash, totp_secret):
        """An account as a device's cookie has it: it tells nobody whose it is. With a new password or second factor it is
        another: who knew the password before may have made any number of devices."""
        return self._account.get_signature(f"{manager_id} {password_hash} {totp_secret or ''}").decode()

    def device(self, known, account):
        """The cookie of a browser in which this account has signed in; `known` is its Device so far, or None. It keeps its
        name, and with it what it has used up of its limit: to sign in often makes no new room for guesses."""
        name, others = (known.name, [other for other in known.accounts if other != account]) if known else (_new_name(), [])
        return self._device.dumps([name, [account, *others][:MOST_ACCOUNTS]])

    def read_device(self, text):
        """The Device, or None for what is forged or too old."""
        try:
            name, accounts = self._device.loads(text, max_age=DEVICE_SECONDS)
        except BadData:
            return None
        return Device(name, tuple(accounts))


def _new_name():
    return secrets.token_urlsafe(16)


links = Links()
