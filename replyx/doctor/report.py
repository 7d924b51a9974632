"""What a check comes to, and how it is told."""
from dataclasses import asdict, dataclass, field

WIDTH = 10
PLACES = {"nginx": "nginx, in the server block (deploy/nginx.conf has all of it):", "caddy": "Caddy, in the site's block:",
          "settings": "Settings, in /etc/replyx.env or the environment, then restart ReplyX:", "shell": "Shell:",
          "dns": "DNS, at whoever keeps the domain:"}


class Fault(Exception):
    """What is wrong, in plain words, and the lines that put it right: `fix` maps a place of PLACES to lines."""
    state = "failed"

    def __init__(self, text, fix=None):
        super().__init__(text)
        self.text, self.fix = text, fix or {}


class Doubt(Fault):
    """It works, and yet the owner should know."""
    state = "warning"


class Silence(Fault):
    """Nothing came in time."""


@dataclass(frozen=True)
class Result:
    """A check's outcome. `state` is `ok`, `warning`, `failed` or `skipped`; `causes` names what has to be put right first."""
    name: str
    state: str
    text: str
    fix: dict = field(default_factory=dict)
    causes: list = field(default_factory=list)

    @property
    def passed(self):
        return self.state in ("ok", "warning")

    def lines(self):
        """As it is printed: a line, and below it what to put where."""
        yield f"{self.state:<8} {self.name:<{WIDTH}} {self.text}"
        for place, text in self.fix.items():
            yield f"{'':20}{PLACES[place]}"
            yield from (f"{'':24}{line}" for line in text.splitlines())


def as_data(url, results):
    """The `--json` form."""
    return {"ok": is_well(results), "url": url, "checks": [asdict(result) for result in results]}


def is_well(results):
    return not any(result.state == "failed" for result in results)


def summary(results):
    counts = {state: sum(result.state == state for result in results) for state in ("failed", "warning", "skipped")}
    if not any(counts.values()):
        return f"All is well: {len(results)} checks."
    told = (f"{counts['failed']} failed", f"{counts['warning']} to look at", f"{counts['skipped']} skipped")
    return f"{len(results)} checks: " + ", ".join(text for text, count in zip(told, counts.values()) if count) + "."
