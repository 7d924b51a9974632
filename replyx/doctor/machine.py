"""The machine and the instance: disk, files, database, the server's process."""
import os
import shutil

from .. import database
from . import fixes
from .report import Doubt, Fault
from .visit import STEP_SECONDS

NEEDED_MB, SCARCE_MB = 100, 1000
MAX_WAL_MB = 256
NEEDED_FILES = 4096


def settings(visit):
    url, settings = visit.settings.url, visit.settings
    if url and url != visit.origin:
        raise Doubt(f"REPLYX_URL is {url}, and this looks at {visit.origin}.", fixes.url(visit.origin))
    if not url and visit.direct:
        raise Doubt("REPLYX_URL is not set: links in mails and on the command line lead nowhere.", fixes.url(visit.origin))
    if not url:
        return f"REPLYX_URL is not set, so this looks at the server itself, {visit.origin}; name the public address to look there."
    return f"{visit.origin}, with the instance {settings.instance}."


def disk(visit):
    folder = visit.settings.instance
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < NEEDED_MB or not os.statvfs(folder).f_favail and os.statvfs(folder).f_files:
        raise Fault(f"The disk of {folder} is full ({free} MB free): messages can't be stored.",
                    {"shell": f"df -h -i {folder}\ndu -xsh /var/* | sort -h | tail"})
    if free < SCARCE_MB:
        raise Doubt(f"The disk of {folder} has only {free} MB left.", {"shell": "du -xsh /var/* | sort -h | tail"})
    return f"{free:,} MB free."


def files(visit):
    folder = visit.settings.instance
    if not folder.is_dir():
        raise Fault(f"There is no folder {folder}.", fixes.INSTANCE)
    owner = folder.stat()
    strange = [file.name for file in folder.iterdir() if file.stat().st_uid != owner.st_uid]
    if strange:
        raise Fault(f"These files in {folder} belong to somebody else than the folder: {', '.join(sorted(strange)[:5])}.",
                    {"shell": f"chown -R {owner.st_uid}:{owner.st_gid} {folder}\nsystemctl restart replyx"})
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise Fault(f"This user can't write to {folder}.", {"shell": f"chmod 700 {folder}"})
    if database.path(folder).exists() and database.path(folder).stat().st_mode & 0o077:
        raise Doubt("Other users of this machine can read the database.", {"shell": f"chmod -R go-rwx {folder}"})
    return "They belong to the folder's owner, and can be written."


def integrity(visit):
    instance = visit.settings.instance
    if not database.path(instance).exists():
        raise Fault(f"There is no database in {instance}: another folder, or never started?",
                    fixes.INSTANCE | fixes.START)
    try:
        faults, found = database.faults(instance, STEP_SECONDS), database.revision(instance)
    except database.Unreadable as error:
        raise Fault(f"The database can't be read: {error}.", fixes.RESTORE) from None
    if faults:
        raise Fault(f"The database is damaged: {faults[0]}.", fixes.RESTORE)
    if found != database.HEAD:
        raise Fault(f"The database has the schema {found}, this version needs {database.HEAD}.", fixes.RESTART)
    wal = database.wal_size(instance) // 1_000_000
    if wal > MAX_WAL_MB:
        raise Doubt(f"The write-ahead log has grown to {wal} MB: some program keeps the database open for reading.", fixes.RESTART)
    sound = "sound" if faults is not None else f"too large to look through in {STEP_SECONDS} s"
    return f"Schema {found}, {sound}, {database.path(instance).stat().st_size / 1e6:.1f} MB."


def server(visit):
    """The server's process beside the proxy: whether it answers, and how many connections it may take."""
    direct = visit.direct or visit
    base = f"http://{fixes.server_host(visit.settings)}"
    try:
        answer = direct.http("GET", "/healthz")
    except Fault:
        raise Fault(f"ReplyX does not answer at {base}: it does not run, or listens elsewhere (REPLYX_HOST, REPLYX_PORT).",
                    fixes.START) from None
    if not (answer.json or {}).get("ok"):
        raise Fault(f"Something else than ReplyX answers at {base}.", {"shell": f"ss -ltnp 'sport = :{visit.settings.port}'"})
    allowed = _open_files(visit.settings.instance)
    if allowed and allowed < NEEDED_FILES:
        raise Doubt(f"The server may open {allowed} files only, one for each visitor with an open chat.",
                    {"shell": "systemctl edit replyx    # [Service] LimitNOFILE=65536\nsystemctl restart replyx"})
    return f"It answers at {base}" + (f", with room for {allowed} connections." if allowed else ".")


def _open_files(instance):
    """The limit of the process that the lock file names; None where that can't be read."""
    try:
        pid = int((instance / "lock").read_text())
        with open(f"/proc/{pid}/limits") as limits:
            return next(int(line.split()[3]) for line in limits if line.startswith("Max open files"))
    except (OSError, ValueError, StopIteration):
        return None
