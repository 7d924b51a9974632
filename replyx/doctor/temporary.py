"""The temporary site that the test messages go through: made in the database, and gone without a trace after it."""
import contextlib
import fcntl
import os
import uuid

from .. import accounts, create_app, doctor_store, sites
from ..database import reader
from ..extensions import writer
from .report import Fault
from .visit import Badge


@contextlib.contextmanager
def site(settings):
    """A Badge for a new site without domains, while the block runs. What killed runs have left goes first."""
    with _alone(settings.instance):
        create_app(settings)
        try:
            for site_id in doctor_store.left_over(reader):
                _delete(site_id)
            site_id = sites.add_site(doctor_store.NAME, [])["id"]
            try:
                key = accounts.add_api_key(doctor_store.NAME, "manager", [site_id])["key"]
                yield Badge(site_id, sites.find_site(site_id)["site_token"], key, str(uuid.uuid4()))
            finally:
                _delete(site_id)
        finally:
            reader.release()
            writer.stop()


def _delete(site_id):
    writer.submit(lambda tx: doctor_store.delete_site(tx, site_id))


@contextlib.contextmanager
def _alone(instance):
    """Two runs at once would take each other's site for left over."""
    with open(os.open(instance / "doctor.lock", os.O_RDWR | os.O_CREAT, 0o600), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Fault("Another `replyx doctor` runs on this instance. Wait for it, then try again.") from None
        yield
