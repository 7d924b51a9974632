"""Signed links, in mails and to files: what a link says, it says itself. Only another secret key revokes them."""
from itsdangerous import BadData, Signer, URLSafeSerializer, URLSafeTimedSerializer

from . import clock

GUEST_LINK_SECONDS = 30 * 24 * 3600
FILE_SECONDS = 24 * 3600
# A file's address stays the same for this long, so that browsers keep what they have got.
FILE_STEP = 3600


class Links:
    """The signers, with the instance's secret key. What was signed for one purpose is worth nothing for another."""

    def __init__(self):
        self._guest = self._unsubscribe = self._file = None

    def init_app(self, app):
        self._guest = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="replyx guest link")
        self._unsubscribe = URLSafeSerializer(app.config["SECRET_KEY"], salt="replyx unsubscribe")
        self._file = Signer(app.config["SECRET_KEY"], salt="replyx file")

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


links = Links()
