"""Builds shim.c and gives the environment that loads it."""
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")


def environment(folder, instance, **more):
    """Settings that put the shim into a server on `instance`; the library goes into `folder`."""
    library = Path(folder) / "shim.so"
    if not library.exists():
        subprocess.run(["cc", "-Wall", "-Werror", "-O2", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "SHIM_FOLDER": str(instance), **more}
