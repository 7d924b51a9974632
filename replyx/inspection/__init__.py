"""Looking at what somebody sent, in a child process: no parser of files ever runs in the server's."""
import json
import logging
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..errors import Invalid
from ..green import timeout
from . import kinds
from .kinds import IMAGES, KINDS, NAMED
from .turns import Turns

log = logging.getLogger(__name__)

__all__ = ["IMAGES", "KINDS", "Found", "look", "turn_for"]

# Two images at a time leave the chat alone, however many people send them. What is judged in a moment waits for no drawing, and
# managers wait for no guest.
_images, _archives, _others, _managers = Turns(2), Turns(1), Turns(2), Turns(1)
# With a turn's wait less than a proxy's for an answer (60 s).
CHILD_SECONDS = 30
WHY_NOT = {
    "kind": f"Files of this kind are not taken. Send one of these: {NAMED}.",
    "pixels": "This image has over 50 megapixels, or over 30 as a WebP. Make it smaller and send that.",
    "image": "This image can't be read: it is damaged, or too hard to draw. Save it anew as a JPEG and send that.",
}


@dataclass(frozen=True)
class Found:
    """What a file is. An image was written anew, to the target; `width` and `height` are None for everything else."""
    type: str
    width: int | None
    height: int | None


def turn_for(head, who, is_manager):
    """A block for a `look` at a file with these first bytes, in the line of `who`. Raises RateLimited when too many wait."""
    if is_manager:
        return _managers.turn(who)
    if kinds.is_archive(head):
        return _archives.turn(who)
    return (_images if kinds.by_signature(head) in IMAGES else _others).turn(who)


def look(source, target, turn, how="file"):
    """Judge the file `source` by its bytes, in its turn; an image is drawn anew into `target`, as an avatar if `how` says so.

    Raises Invalid for what is not taken, RateLimited when too many wait.
    """
    with turn:
        found = _child(source, target, how)
    if "refused" in found:
        message = WHY_NOT[found["refused"]]
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
