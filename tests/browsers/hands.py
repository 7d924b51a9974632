"""A person's hands on a window of any browser that speaks WebDriver.

Such a browser is a context manager with `call(name, **parameters)`, which runs WebDriver's command `name`: the parameters are
those of its body, and `id` is the element's. It gives the answer's value, and fails with AssertionError. `complaints()` are the
errors in its console, where it tells them.
"""
import base64
import json
from contextlib import contextmanager

from tests.served import until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
ENTER = "\ue007"
# What a selector finds, in open shadow roots too; if only what is shown, `arguments[1]` is false.
FIND = """const found = [];
    const look = (root) => {
        found.push(...root.querySelectorAll(arguments[0]));
        for (const node of root.querySelectorAll("*")) if (node.shadowRoot) look(node.shadowRoot);
    };
    look(document);
    const nodes = found.filter((node) => arguments[1] || node.checkVisibility({ visibilityProperty: true }));
"""


def named(name, role="button"):
    """The selector of what has this name, given by a label of its own."""
    return f'{role}[aria-label={json.dumps(name)}]'


class Hands:
    """One window. `with hands.inside(selector)` they work in a frame."""

    def __init__(self, browser, handle=None):
        self.browser = browser
        self.handle = handle or browser.call("GetWindowHandle")
        self._frames = []

    def another(self):
        """A window more, in front."""
        return Hands(self.browser, self.browser.call("NewWindow", type="window")["handle"])

    def call(self, name, **parameters):
        self.turn()
        return self.browser.call(name, **parameters)

    def turn(self):
        """Everything goes to this window and its frame; another's hands may have been at work."""
        if getattr(self.browser, "hands", None) is not self:
            self.browser.hands = self
            self.browser.call("SwitchToWindow", handle=self.handle)
            self._enter()

    def _enter(self):
        self.browser.call("SwitchToFrame", id=None)
        for selector in self._frames:
            self.browser.call("SwitchToFrame", id=self._found(selector)[0])

    @contextmanager
    def inside(self, selector='iframe[title="Chat"]'):
        """In a frame, once it is there; anew where the page has another in its place."""
        self.find(selector)
        self._frames.append(selector)
        self._enter()
        try:
            yield self
        finally:
            self._frames.pop()
            self.turn()
            self._enter()

    def open(self, url):
        self.call("Navigate", url=url)

    def reload(self):
        self.call("Refresh")

    def run(self, script, *args):
        return self.call("ExecuteScript", script=script, args=list(args))

    def _found(self, selector, also_hidden=False):
        return self.browser.call("ExecuteScript", script=FIND + "return nodes;", args=[selector, also_hidden])

    def all(self, selector, also_hidden=False):
        self.turn()
        return self._found(selector, also_hidden)

    def find(self, selector, also_hidden=False):
        """The first that the selector means, once it is there; its id."""
        found = until(lambda: self.all(selector, also_hidden), what=selector)
        return found[0][ELEMENT]

    def click(self, selector):
        self.call("ElementClick", id=self.find(selector))

    def press(self, words, selector="button"):
        """Click on what reads like this."""
        script = FIND + "return nodes.filter((node) => [node.textContent.trim(), node.ariaLabel].includes(arguments[2]));"
        [button, *_] = until(lambda: self.run(script, selector, False, words), what=words)
        self.call("ElementClick", id=button[ELEMENT])

    def type(self, text, selector):
        """Keys for a field; for a field of files, a file's path."""
        is_file = "type=file" in selector
        self.call("ElementSendKeys", id=self.find(selector, also_hidden=is_file), text=text)

    def texts(self, selector):
        return self.run(FIND + "return nodes.map((node) => node.innerText.trim());", selector, False)

    def reads(self, selector, *texts):
        """Wait until what the selector means reads like this, each in full."""
        try:
            until(lambda: self.texts(selector) == [*texts])
        except AssertionError:
            raise AssertionError(f"{selector} reads {self.texts(selector)}, not {[*texts]}") from None

    def says(self, words, selector="body"):
        """Wait until a part shows these words."""
        until(lambda: words in " ".join(self.texts(selector)), what=f"{words!r} in {selector}")

    def keys(self, *keys):
        """Press keys one by one where the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("PerformActions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def picture(self, path):
        """The whole window, whichever frame the hands are in."""
        self.turn()
        self.browser.call("SwitchToFrame", id=None)
        path.write_bytes(base64.b64decode(self.browser.call("TakeScreenshot", full=False)))
        self._enter()
