"""Looking at what somebody sent, in a child process: no parser of files ever runs in the server's."""
import json
import logging
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from ..errors import Invalid, RateLimited
from ..green import timeout
from .kinds import IMAGES, KINDS, NAMED

log = logging.getLogger(__name__)

__all__ = ["IMAGES", "KINDS", "Found", "look"]

# Two at a time leave the chat alone, however many people send files.
_turns = threading.BoundedSemaphore(2)
# Together less than a proxy waits for an answer (60 s).
TURN_SECONDS = 20
CHILD_SECONDS = 30
REFUSALS = {
    "kind": f"Files of this kind are not taken. Send one of these: {NAMED}.",
    "image": "This image can't be read: it is damaged, or has over 50 megapixels. Save it anew as a JPEG and send that.",
}


@dataclass(frozen=True)
class Found:
    """What a file is. An image was written anew, to the target; `width` and `height` are None for everything else."""
    type: str
    width: int | None
    height: int | None


def look(source, target, how="file"):
    """Judge the file `source` by its bytes; an image is drawn anew into `target`, as an avatar if `how` says so.

    Raises Invalid for what is not taken, RateLimited when too many wait.
    """
    if not _turns.acquire(timeout=TURN_SECONDS):
        raise RateLimited("Many files are being checked just now. Wait a moment and send it again.", retry_after=10)
    try:
        found = _child(source, target, how)
    finally:
        _turns.release()
    if "refused" in found:
        message = REFUSALS[found["refused"]]
        raise Invalid(message, fields={"body": [message]})
    return Found(**found)


def _child(source, target, how):
    # By its folder: to import it as a module would import the package, Flask and all.
    command = [sys.executable, "-I", str(Path(__file__).parent), str(source), str(target), how]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}) as child:
        try:
            # In the server, where Popen is eventlet's with an exception of its own, the block's limit comes first.
            with timeout(CHILD_SECONDS):
                output, _ = child.communicate(timeout=1.5 * CHILD_SECONDS)
            return json.loads(output)
        except (TimeoutError, subprocess.TimeoutExpired, ValueError):
            # It was ended, by its own bounds or by us.
            log.warning("[Files] a file overcame its inspection and was refused")
            return {"refused": "image"}
        finally:
            child.kill()
