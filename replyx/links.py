"""Signed texts for the links in mails: what a link says, it says itself. Only another secret key revokes them."""
from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

GUEST_LINK_SECONDS = 30 * 24 * 3600


class Links:
    """The signers, with the instance's secret key. What was signed for one purpose is worth nothing for another."""

    def __init__(self):
        self._guest = self._unsubscribe = None

    def init_app(self, app):
        self._guest = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="replyx guest link")
        self._unsubscribe = URLSafeSerializer(app.config["SECRET_KEY"], salt="replyx unsubscribe")

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


links = Links()
