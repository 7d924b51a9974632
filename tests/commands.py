"""`replyx ...` without the start of an interpreter, which is most of a command's time: each runs in a fork of one that has
read it all."""
import atexit
import json
import select
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

FORKS = """
import gc, json, os, sys
from replyx.cli import main
# What is read stays out of what the forks collect: else each would touch all of it, and copy it.
gc.freeze()
while line := sys.stdin.readline():
    order = json.loads(line)
    child = os.fork()
    if child == 0:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
else:
    sys.exit()
for number, name, flags in (0, "in", os.O_RDONLY), (1, "out", os.O_WRONLY), (2, "err", os.O_WRONLY):
    os.dup2(os.open(os.path.join(order["folder"], name), flags), number)
sys.stdin, sys.argv = open(0, closefd=False), ["replyx", *order["arguments"]]
os.environ.clear()
os.environ.update(order["env"])
sys.exit(main())
"""
_lock = threading.Lock()
_forks = None


def run(arguments, env, stdin="", seconds=30):
    """Run a command in the folder /; its exit code, standard output and standard error."""
    with _lock, tempfile.TemporaryDirectory() as folder:
        for name, text in ("in", stdin), ("out", ""), ("err", ""):
            Path(folder, name).write_text(text)
        print(json.dumps({"arguments": arguments, "env": env, "folder": folder}), file=_running().stdin, flush=True)
        if not select.select([_forks.stdout], [], [], seconds)[0]:
            _forks.kill()
            raise TimeoutError(arguments)
        code = int(_forks.stdout.readline())
        return code, Path(folder, "out").read_text(), Path(folder, "err").read_text()


def _running():
    global _forks
    if _forks is None or _forks.poll() is not None:
        _forks = subprocess.Popen([sys.executable, "-c", FORKS], cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        atexit.register(_forks.communicate)
    return _forks
