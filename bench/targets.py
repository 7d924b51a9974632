"""The table of targets with what a run has reached, and the figures beyond message rates that it needs."""
import gzip
import re
import tempfile
from contextlib import ExitStack
from urllib.parse import urljoin

import crowd
import history
import requests
from servers import median, rate, ratio, replyx

BASE = re.compile(r'"base":"(/w/\w+)"')
LINK = re.compile(r"""(?:src|href)="([^"]+\.(?:js|css))\"""")


def widget_bytes():
    """Gzipped bytes of the loader; of it with everything until a panel can be written in; and how many files those are."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = replyx(folder, {}, stack)
        origin = f"http://127.0.0.1:{server.port}"
        token = server.options[0].removeprefix("--site-token=")
        loader = requests.get(f"{origin}/replyx.js?site_token={token}", timeout=10).text
        page = requests.get(f"{origin}/frame?site_token={token}", timeout=10).text
        others = {urljoin(origin, found) for found in (f"{BASE.search(loader)[1]}/host.js", *LINK.findall(page))}
        sizes = [_zipped(text) for text in (loader, page, *(requests.get(url, timeout=10).text for url in others))]
    return sizes[0], sum(sizes), len(sizes)


def _zipped(text):
    return len(gzip.compress(text.encode(), 9))


def rows(plain, slow, paced):
    """(figure, reached, first target, next target) from the three series of `run.py`; `slow` is None without a compiler."""
    yield "durable msg/s / bare python-socketio echo", f"{ratio(plain, 'echo', rate):.2f}", "0.7", "1.1"
    each = ratio(plain, "node each", rate), slow and ratio(slow, "node each", rate)
    yield ("durable msg/s / Node commit-per-message; the same with fsync +4 ms",
           f"{each[0]:.2f}; {each[1]:.1f}" if slow else f"{each[0]:.2f}; no compiler", "1.0; 8", "1.5; 12")
    yield "durable msg/s / Node group commit", f"{ratio(plain, 'node group', rate):.2f}", "0.35", "0.6"
    yield ("ack p99 at 500 msg/s over 1,000 sockets / bare echo",
           f"{ratio(paced, 'echo', lambda result: result['ack_ms']['p99']):.1f}", "2.5", "1.5")
    if slow:
        kept = median(slow, "replyx", rate) / median(plain, "replyx", rate)
        yield "throughput with fsync +4 ms / without", f"{kept:.2f}", "0.8", "0.95"
    # The first round alone: a process that has had sockets keeps memory for the next.
    fresh = paced["replyx"][0]
    yield ("RSS for an idle socket, and before them",
           f"{fresh['kib_per_socket']:.0f} KiB, {fresh['rss_start_kib'] / 1024:.0f} MB", "65 KiB, 90 MB", "40 KiB, 70 MB")
    with tempfile.TemporaryDirectory() as folder:
        seconds = crowd.storm(folder, 2000)["storm_ms"] / 1000
    yield "2,000 clients back and joined after kill -9", f"{seconds:.1f} s", "5 s", "2.5 s"
    for what, (few, many) in history.measure().items():
        yield f"{what}: p95, 1,000,000 messages / 10,000", f"{many / few:.2f} ({many:.1f} ms)", "2", "1.2"
    loader, panel, files = widget_bytes()
    yield ("widget: gzipped bytes before the first click; to an open panel",
           f"{loader / 1000:.1f} KB; {panel / 1000:.1f} KB in {files} files", "5 KB; 45 KB", "2 KB; 30 KB")


def show(plain, slow, paced):
    print("\n| figure | reached | first | then |\n|---|---|---|---|")
    for row in rows(plain, slow, paced):
        print(f"| {' | '.join(row)} |", flush=True)
