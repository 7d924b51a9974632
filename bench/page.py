"""What the chat costs the page that it stands on, beside the same page without it; and how long a click takes to a usable panel.

A phone: 390x844, touch, a processor slowed four times, and the network that Lighthouse calls slow 4G: 150 ms to an answer's
first byte, 1.6 Mbit/s down, 0.75 up. Everything is in the page's own process, so a frame's work counts as the page's.
`python bench/page.py [--rounds 5]`; needs Chromium and what `make test` installs.
"""
import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from servers import HERE, REPLYX, Server, instance

sys.path.insert(0, str(HERE.parent))

from tests.conftest import CHROMIUM, find  # noqa: E402
from tests.hostpage import HostPage, Widget  # noqa: E402

ONE_PROCESS = ["--disable-site-isolation-trials", "--disable-features=IsolateOrigins,site-per-process"]
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "locale": "en-GB"}
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1_638_400 / 8, "uploadThroughput": 768_000 / 8}
# The page's own clock: a driver that asks again and again whether something is there finds it half a second late.
WATCH = """(() => { window.seen = {long: 0, shift: 0};
  document.addEventListener("click", ({timeStamp}) => { seen.click ??= timeStamp; }, true);
  window.addEventListener("message", ({data}) => {
    // Shown with the next frame, painted before the one after.
    if (data.type === "drawn") requestAnimationFrame(() => requestAnimationFrame((now) => { seen.usable ??= now; }));
  });
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) seen.long += entry.duration; })
    .observe({type: "longtask", buffered: true});
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
  }).observe({type: "layout-shift", buffered: true}); })()"""
QUIET_S = 1.5


class Visit:
    """A phone on a page, with everything that goes over its wire counted."""

    def __init__(self, browser, url):
        self.context = browser.new_context(**PHONE)
        self.page = self.context.new_page()
        self.page.add_init_script(WATCH)
        self.wire = self.context.new_cdp_session(self.page)
        self.requests, self.sockets, self.bytes, self.heard = [], 0, 0, time.perf_counter()
        self.wire.on("Network.requestWillBeSent", self._asked)
        self.wire.on("Network.webSocketCreated", lambda _: setattr(self, "sockets", self.sockets + 1))
        self.wire.on("Network.loadingFinished", self._loaded)
        for name, options in (("Network.enable", {}), ("Performance.enable", {}),
                              ("Network.emulateNetworkConditions", SLOW_4G), ("Emulation.setCPUThrottlingRate", {"rate": 4})):
            self.wire.send(name, options)
        self.page.goto(url)
        self.settle()

    def _asked(self, event):
        if event["request"]["url"].startswith("http"):
            self.requests.append(event["request"]["url"])
            self.heard = time.perf_counter()

    def _loaded(self, event):
        self.bytes += event["encodedDataLength"]
        self.heard = time.perf_counter()

    def settle(self):
        while time.perf_counter() - self.heard < QUIET_S:
            self.page.wait_for_timeout(100)

    def figures(self):
        tasks = {row["name"]: row["value"] for row in self.wire.send("Performance.getMetrics")["metrics"]}["TaskDuration"]
        seen = self.page.evaluate("seen")
        return {"requests": len(self.requests), "kb": self.bytes / 1000, "task_ms": tasks * 1000, "long_ms": seen["long"],
                "cls": seen["shift"]}

    def open(self):
        """Milliseconds from the click of a tap on the launcher until the panel is painted and the visitor can write."""
        self.page.get_by_role("button", name="Open chat").tap()
        widget = Widget(self.page)
        widget.text.fill("hello")
        self.page.wait_for_function("seen.usable")
        seen = self.page.evaluate("seen")
        return seen["usable"] - seen["click"]


def visit(browser, url, is_chat):
    """One round on one page: {figure: value}."""
    seen = Visit(browser, url)
    figures = seen.figures()
    if is_chat:
        figures["ready_ms"] = seen.open()
        seen.settle()
        after = seen.figures()
        figures |= {"open_requests": after["requests"] - figures["requests"] + seen.sockets,
                    "open_kb": after["kb"] - figures["kb"], "open_cls": after["cls"] - figures["cls"]}
    seen.context.close()
    return figures


def measure(rounds):
    """{page: {figure: median}} for `empty` and `chat`, in turns."""
    found = {"empty": [], "chat": []}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        port, env, site, _ = instance(Path(folder))
        browser = playwright.chromium.launch(executable_path=find("chromium"), args=CHROMIUM + ONE_PROCESS)
        with Server("replyx", [REPLYX, "run"], port, env), HostPage("") as empty, HostPage(site["snippet"]) as chat:
            for _ in range(rounds):
                for name, page in (("empty", empty), ("chat", chat)):
                    found[name].append(visit(browser, page.url, name == "chat"))
        browser.close()
    return {name: {figure: statistics.median(run[figure] for run in runs) for figure in runs[0]} for name, runs in found.items()}


def show(found):
    empty, chat = found["empty"], found["chat"]
    print("\n| on a phone, slow 4G | empty page | with the chat |\n|---|---|---|")
    for what, figure, form in (
            ("requests before the click", "requests", "{:.0f}"), ("KB on the wire before the click", "kb", "{:.1f}"),
            ("main thread before the click, ms", "task_ms", "{:.0f}"), ("of it in long tasks, ms", "long_ms", "{:.0f}"),
            ("layout shift before the click", "cls", "{:.4f}")):
        print(f"| {what} | {form.format(empty[figure])} | {form.format(chat[figure])} |")
    for what, figure, form in (
            ("requests from the click on, the socket too", "open_requests", "{:.0f}"),
            ("KB on the wire from the click on", "open_kb", "{:.1f}"), ("layout shift from the click on", "open_cls", "{:.4f}"),
            ("from the click to a usable panel, ms", "ready_ms", "{:.0f}")):
        print(f"| {what} | - | {form.format(chat[figure])} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    show(measure(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
