"""Firefox ESR, driven through Marionette: WebDriver's commands as JSON over the browser's own socket, without a driver between."""
import json
import os
import signal
import socket
import subprocess

from tests.served import until

PROGRAM = "firefox-esr"
# Texts in English; and nothing that the browser would ask its own hosts for.
PREFS = {"marionette.port": 0, "intl.accept_languages": "en-GB, en", "app.update.disabledForTesting": True,
         "app.normandy.enabled": False, "browser.aboutwelcome.enabled": False, "browser.startup.page": 0,
         "browser.region.network.url": "", "browser.search.update": False, "browser.safebrowsing.malware.enabled": False,
         "browser.shell.checkDefaultBrowser": False, "datareporting.policy.dataSubmissionEnabled": False,
         "extensions.getAddons.cache.enabled": False, "extensions.update.enabled": False,
         "network.captive-portal-service.enabled": False, "network.connectivity-service.enabled": False,
         "services.settings.server": "data:,", "toolkit.telemetry.server": "data:,"}


class Firefox:
    """`with Firefox(folder) as browser`: a profile of its own; `call` runs a command of WebDriver's by its name there."""

    def __init__(self, folder, **prefs):
        self.folder, self.prefs = folder, {**PREFS, **prefs}

    def __enter__(self):
        self._write_profile()
        with open(self.folder / "firefox.log", "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "-headless", "-marionette", "-remote-allow-system-access", "-no-remote", "-profile", self.folder],
                stdout=log, stderr=log, start_new_session=True, env={**os.environ, "HOME": str(self.folder)})
        port = until(self._port, 60, "Firefox")
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._stream, self._count = self._socket.makefile("rb"), 0
        assert self._read()["applicationType"] == "gecko"
        self.about = self.call("NewSession", acceptInsecureCerts=True)
        return self

    def __exit__(self, *_):
        self._stream.close()
        self._socket.close()
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _write_profile(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in self.prefs.items()]
        (self.folder / "user.js").write_text("".join(lines))
        (self.folder / "MarionetteActivePort").unlink(missing_ok=True)

    def _port(self):
        assert self.process.poll() is None, (self.folder / "firefox.log").read_text()
        told = self.folder / "MarionetteActivePort"
        return told.exists() and int(told.read_text() or 0)

    def call(self, name, **parameters):
        """WebDriver's command `name`, such as `ElementClick`; what it gives. AssertionError with the browser's words."""
        self._count += 1
        scope = "Marionette:" if name == "SetContext" else "WebDriver:"
        command = json.dumps([0, self._count, scope + name, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(command), command))
        kind, number, error, result = self._read()
        assert (kind, number) == (1, self._count)
        assert error is None, f"{name} {parameters}: {error['error']}: {error['message']}"
        return result["value"] if isinstance(result, dict) and list(result) == ["value"] else result

    def _read(self):
        """A length in digits, a colon, and as many bytes of JSON."""
        digits = b""
        while (byte := self._stream.read(1)) != b":":
            assert byte, (self.folder / "firefox.log").read_text()
            digits += byte
        return json.loads(self._stream.read(int(digits)))

    def complaints(self):
        """Errors that the browser's console shows of pages, a line each. That a server is away is no page's fault."""
        script = """
            const errors = Services.console.getMessageArray()
                .filter((line) => line instanceof Ci.nsIScriptError && !(line.flags & line.warningFlag));
            const told = Cc["@mozilla.org/consoleAPI-storage;1"].getService(Ci.nsIConsoleAPIStorage).getEvents()
                .filter(({ level }) => level === "error");
            return [...errors.map((line) => [line.category, line.sourceName, line.errorMessage]),
                ...told.map((line) => ["console", line.filename, line.arguments.join(" ")])];"""
        self.call("SetContext", value="chrome")
        try:
            found = self.call("ExecuteScript", script=script, args=[])
        finally:
            self.call("SetContext", value="content")
        return [" ".join(line) for line in found if line[1].startswith("http") and line[0] != "Web Socket"]
