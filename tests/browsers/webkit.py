"""WebKitGTK's MiniBrowser, driven through WebKitWebDriver: WebDriver over HTTP, with an X server of its own that nobody sees."""
import os
import signal
import subprocess

import requests

from tests.browsers.hands import ELEMENT
from tests.served import free_port, until

PROGRAM = "WebKitWebDriver"
ROUTES = {"DeleteSession": ("DELETE", ""), "ElementClick": ("POST", "/element/{id}/click"),
          "ElementSendKeys": ("POST", "/element/{id}/value"),
          "ExecuteScript": ("POST", "/execute/sync"), "GetWindowHandle": ("GET", "/window"), "Navigate": ("POST", "/url"),
          "NewWindow": ("POST", "/window/new"), "PerformActions": ("POST", "/actions"), "Refresh": ("POST", "/refresh"),
          "SetWindowRect": ("POST", "/window/rect"), "SwitchToFrame": ("POST", "/frame"), "SwitchToWindow": ("POST", "/window"),
          "TakeScreenshot": ("GET", "/screenshot")}


class WebKit:
    """`with WebKit(folder) as browser`: a profile of its own; `call` runs a command of WebDriver's by its name there."""

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        # A server that resets itself with its last client would take the number's pipe for open.
        reader, writer = os.pipe()
        screen = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1600x1200x24", "-nolisten", "tcp", "-noreset"]
        self._screen = subprocess.Popen(screen, pass_fds=[writer], stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as told:
            display = told.readline().strip()
        port = free_port()
        # A sandbox of its own needs more than containers allow; a locale without a language is what servers have.
        env = {**os.environ, "DISPLAY": f":{display}", "HOME": str(self.folder), "LANG": "C.UTF-8", "LIBGL_ALWAYS_SOFTWARE": "1",
               "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1", "NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory"}
        with open(self.folder / "webkit.log", "wb") as log:
            self.process = subprocess.Popen([PROGRAM, f"--port={port}"], env=env, stdout=log, stderr=log, start_new_session=True)
        self._http, self._url = requests.Session(), f"http://127.0.0.1:{port}"
        until(self._is_up, 60, "WebKit")
        [program] = [path for path in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/libexec")
                     if os.path.exists(f"{path}/webkit2gtk-4.1/MiniBrowser")][:1]
        options = {"binary": f"{program}/webkit2gtk-4.1/MiniBrowser", "args": ["--automation"]}
        self._url += "/session"
        self.about = self._ask("POST", "", {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}})
        self._url += f"/{self.about['sessionId']}"
        return self

    def __exit__(self, *_):
        self._http.close()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._screen.kill()
        self._screen.wait()

    def _is_up(self):
        try:
            return self._http.get(f"{self._url}/status", timeout=5).ok
        except requests.ConnectionError:
            return False

    def _ask(self, method, path, body):
        answer = self._http.request(method, self._url + path, json=body if method == "POST" else None, timeout=60)
        value = answer.json()["value"]
        assert answer.ok, f"{path} {body}: {value['error']}: {value['message']}"
        return value

    def call(self, name, **parameters):
        """WebDriver's command `name`, such as `ElementClick`; what it gives. AssertionError with the browser's words."""
        method, path = ROUTES[name]
        element = parameters.pop("id", None)
        if name == "SwitchToFrame":
            parameters["id"] = element
        elif name == "ElementSendKeys":
            self._make_ready(element)
        return self._ask(method, path.format(id=element), parameters)

    def _make_ready(self, element):
        """This driver types only where it can put the focus: a field of files that hides behind a button is shown for it, and
        elsewhere a click comes first, as without one a frame of another origin may not take the focus."""
        script = "arguments[0].hidden &&= false; return arguments[0].type === 'file';"
        if not self.call("ExecuteScript", script=script, args=[{ELEMENT: element}]):
            self.call("ElementClick", id=element)

    def complaints(self):
        """This driver tells nothing of the console."""
        return []
