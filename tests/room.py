"""An instance with little room for files, in this process, and what lies there."""
import uuid
from contextlib import contextmanager

from replyx import clock, config, create_app, files_store
from replyx.extensions import db, writer
from replyx.uploads import uploads


@contextmanager
def opened(folder):
    """An instance of 20 MB of files in this process; the id of its site."""
    app = create_app(config.load({"REPLYX_INSTANCE": str(folder), "REPLYX_UPLOADS_MAX_MB": "20"}))
    site_id = writer.submit(lambda tx: tx.insert("site", name="Shop", site_token="st", domains="[]", created_at="x"))
    yield site_id
    writer.stop()
    with app.app_context():
        db.engine.dispose()


def add(site_id, size=3, age=0, file_id=None):
    file_id = file_id or str(uuid.uuid4())
    (uploads.folder / file_id).write_bytes(bytes(size))
    writer.submit(lambda tx: [files_store.add(tx, file_id, site_id, {"guest_hash": "hash"}, name="a.txt", type="text/plain",
                                              size=size, width=None, height=None),
                              tx.execute("UPDATE file SET created_at = :at WHERE file_id = :id", at=clock.now(-age), id=file_id)])
    return file_id
