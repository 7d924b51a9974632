"""The child process that looks at a file: `python -I replyx/inspection SOURCE TARGET file|avatar`.

It answers with a line of JSON: `{"type", "width", "height"}`, or `{"refused": "kind"|"pixels"|"image"}`. It is all that ever
parses what somebody sent, so it bounds itself first: what overcomes a decoder gets neither memory nor time, and no more files.
"""
import json
import os
import resource
import sys
from contextlib import suppress

import kinds

MEMORY = 700 * 2**20
# What takes longest and is honest, a PNG of 50 megapixels, takes two seconds of a core of 2024; a third of it is enough.
CPU_SECONDS = 8
LIMITS = {resource.RLIMIT_AS: MEMORY, resource.RLIMIT_CPU: CPU_SECONDS, resource.RLIMIT_FSIZE: 16 * 2**20, resource.RLIMIT_CORE: 0,
          resource.RLIMIT_NOFILE: 64}


def bound():
    for limit, value in LIMITS.items():
        _, hard = resource.getrlimit(limit)
        resource.setrlimit(limit, (value, value) if hard == resource.RLIM_INFINITY else (min(value, hard),) * 2)
    os.nice(5)
    # When the machine runs out of memory, this process goes, not the server.
    with suppress(OSError):
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")


def look(source, target, how):
    kind = kinds.judge(source)
    if kind in kinds.IMAGES:
        import images
        draw = images.draw_avatar if how == "avatar" else images.redraw
        try:
            kind, width, height = draw(source, target, kinds.IMAGES[kind])
        except images.TooManyPixels:
            return {"refused": "pixels"}
        # Whatever a decoder raises for what it can't read, a lack of memory too.
        except Exception:
            return {"refused": "image"}
        return {"type": kind, "width": width, "height": height}
    if kind is None or how == "avatar":
        return {"refused": "kind"}
    return {"type": kind, "width": None, "height": None}


bound()
print(json.dumps(look(*sys.argv[1:])))
