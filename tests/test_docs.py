"""The docs say what there is, all of it and nothing else: settings, commands, options, actions, events, errors, limits."""
import hashlib
import json
import re
from pathlib import Path

import pytest

from replyx import bounds, config, descriptions, downloads, identity, intake, site_schemas, styles, transport
from replyx.cli import main
from replyx.delivery_schemas import FAILURES
from replyx.doctor import CHECKS
from replyx.errors import CODES
from replyx.files import MOST_BYTES
from replyx.limits import ADDRESS_FACTOR, ADDRESS_FACTORS, LIMITS, MAX_OPEN
from replyx.notify import transcript
from replyx.schemas import MAX_ATTACHMENTS, MAX_TEXT
from replyx.tally import FLUSH_SECONDS, KEEP_DAYS
from replyx.uploads import AT_ONCE, GUESTS_AT_ONCE, LEAST_UNUSED, MANAGERS_AT_ONCE, UNUSED_PART
from tests.test_cli import every_command

ROOT = Path(__file__).parent.parent
REFERENCE = (ROOT / "docs" / "reference.md").read_text()


def table(heading, after=None):
    """The rows of a section's first table (or the first one after a sentence), each a list of cells without backticks."""
    section = re.split(r"^## ", REFERENCE.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.M)[0]
    section = f"\n{section}"
    if after:
        section = section.partition(after)[2]
    lines = [line for line in section.split("\n\n| ", 1)[1].split("\n\n", 1)[0].splitlines()][2:]
    return [[cell.strip().strip("`") for cell in line.strip("| ").split(" | ")] for line in lines]


def test_settings():
    rows = {row[0]: row[1].strip("`") for row in table("Settings")}
    assert set(rows) == {setting.variable for setting in (config.INSTANCE, *config.SETTINGS)}
    for setting in config.SETTINGS:
        assert rows[setting.variable] == (setting.default or {"url": "the Host of each request"}.get(setting.name, "none"))


def test_commands():
    named = {re.split(r" [A-Z]| --", row[0])[0] for row in table("Commands")}
    assert named == {" ".join(("replyx", *path)) for path, _ in every_command(main)}


def test_checks_of_the_doctor():
    assert [row[0] for row in table("The doctor")] == [check.name for check in CHECKS]


def test_options_of_the_snippet():
    used = re.search(r"const \{ (.*) \} = script\.dataset", (ROOT / "widget_static" / "loader.js").read_text())[1]
    names = {"data-" + re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", name) for name in used.split(", ")}
    assert {row[0] for row in table("The snippet")} == names


def test_methods_and_events_of_the_page():
    methods = re.findall(r"(\w+)\(", " ".join(row[0] for row in table("The snippet", after="### The JavaScript API")))
    loader, api = ((ROOT / "widget_static" / name).read_text() for name in ("loader.js", "api.js"))
    lists = re.findall(r"for \(const name of \[(.*?)\]\) (?:\{\n +)?api\[name\]", loader)
    queued = set(re.findall(r'"(\w+)"', " ".join(lists)))
    assert set(methods) == queued - {"prepare"} | {"show", "hide", "push", "destroy"}
    events = re.findall(r'"(\w+)"', re.search(r"const EVENTS = (.*);", api)[1])
    assert [row[0] for row in table("The snippet", after="| `destroy()`")] == events


def test_actions():
    rows = {tuple(row) for row in table("The API")}
    assert rows == {(
        action.name, ", ".join(sorted(action.who)) or "anyone",
        f"{action.method} " + action.route.replace("<", "{").replace(">", "}"),
        "HTTP only" if action.http_only else action.event) for action in intake.ACTIONS.values()}


def test_events():
    assert {row[0] for row in table("The API", after="Events that the server sends:")} == set(descriptions.EVENTS)


def test_the_events_are_those_that_are_sent():
    sent = set()
    for file in (ROOT / "replyx" / "chat").glob("*.py"):
        text = file.read_text()
        sent |= set(re.findall(r'broadcast\("(\w+)"', text)) | set(re.findall(r'"(typing_\w+)"', text))
    assert sent == set(descriptions.EVENTS)


def test_error_codes():
    rows = [(name, int(status), kind) for name, status, kind, _ in table("Error codes")]
    assert rows == [(code.name, code.status, "retry" if code.retry else "final") for code in CODES.values()]


def test_codes_of_failures():
    assert tuple(row[0] for row in table("The API", after="### How messages fared")) == FAILURES


def test_settings_of_a_site():
    groups = ("look", "prechat", "offline")
    defaults = {name: value for name, value in site_schemas.DEFAULTS.items() if name not in groups}
    defaults |= {f"{group}.{name}": value for group in groups for name, value in site_schemas.DEFAULTS[group].items()}
    assert {row[0]: json.loads(row[1]) for row in table("A site's settings")} == defaults


def test_variables_of_the_look():
    rows = dict(table("A site's settings", after="are CSS custom properties:"))
    kinds = {styles.COLOR: "a colour", styles.LENGTH: "a length", styles.FONTS: "names of fonts"}
    assert set(rows) == set(styles.VARIABLES)
    assert all(text.startswith(kinds[styles.VARIABLES[name]]) for name, text in rows.items())


def test_bounds_of_a_sites_settings():
    section = REFERENCE.partition("\n## A site's settings\n")[2]
    most = site_schemas
    for text in (f"up to {most.MOST_PROACTIVE} of", f"up to {most.MOST_FIELDS} fields", f"up to {most.MOST_CHOICES} `choices`",
                 f"up to {most.LONGEST_LINE} characters each"):
        assert text in section


def test_limits():
    rows = dict(table("Limits"))
    assert rows["a message"] == f"{MAX_TEXT:,} characters"
    most = {action.values for action in intake.ACTIONS.values()}
    assert rows["values in a payload"] == "{:,}; a site's settings {:,}".format(*sorted(most))
    for start, name in (("messages", "message"), ("typing", "typing"), ("reading", "read"), ("connecting", "connect"),
                        ("reporting", "report"), ("leaving an e-mail address", "contact")):
        text = next(value for what, value in rows.items() if what.startswith(start))
        assert text.startswith(f"{LIMITS[name][0]} in {LIMITS[name][1]} s".replace("60 s", "a minute"))
    assert rows["a file"] == f"{MOST_BYTES // 2**20} MB" and rows["files in a message"] == str(MAX_ATTACHMENTS)
    (count, seconds), (megabytes, hour) = LIMITS["upload"], LIMITS["upload_mb"]
    assert hour == 3600 and rows["sending files"] == (
        f"{count} in {seconds} s and {megabytes} MB in an hour for a guest or manager; "
        f"{megabytes * ADDRESS_FACTORS['upload_mb']} MB in an hour for the guests of an address; "
        f"{AT_ONCE} at once for those or a manager")
    (kilobytes, day), factor = LIMITS["file_kb"], ADDRESS_FACTORS["file_kb"]
    assert day == 24 * 3600 and rows["files that a guest may leave in a day"] == (
        f"{kilobytes // 1024} MB as they are kept; {kilobytes * factor // 1024} MB from an address")
    assert UNUSED_PART == 4 and rows["guests' files that are in no message"] == (
        f"a quarter of `REPLYX_UPLOADS_MAX_MB`, or {LEAST_UNUSED // 2**20} MB if that is more")
    assert rows["a file's bytes"] == (f"{bounds.BODY_SECONDS} s, and a second more for each {bounds.LEAST_RATE // 1024} KB "
                                      f"that has come; never {bounds.IDLE_SECONDS} s without any")
    assert rows["files on their way at once"] == (
        f"{GUESTS_AT_ONCE} of guests, and {MANAGERS_AT_ONCE} of managers beside them; {downloads.AT_ONCE} to an address, "
        "or to a manager beside it")
    day = {name: (amount, amount * ADDRESS_FACTORS.get(name, ADDRESS_FACTOR)) for name, (amount, seconds) in LIMITS.items()
           if seconds == 24 * 3600}
    assert rows["mails of answers to a person"] == "{} in a day for a dialog, {} for all".format(*day["mail"])
    assert rows["asking for a dialog by mail"] == (
        "{} in a day for a guest, {} from an address; {} to one person for a guest, {} for all".format(
            *day["transcript"], *day["transcript_to"]))
    assert f"newest {transcript.MOST_LINES:,} messages or {transcript.MOST_BYTES // 1000} KB" in REFERENCE
    assert f"{identity.MOST_SECONDS // 86400} days ahead at most" in REFERENCE
    assert rows["open sockets"] == (
        f"{MAX_OPEN['guest']:,} for the guests of an address; {MAX_OPEN['manager']} for a manager or API key")
    assert rows["open sockets that have shown no credentials"] == (
        f"{MAX_OPEN['stranger']} of an address; {MAX_OPEN['strangers']:,} of all")
    assert rows["a socket that shows no credentials"] == f"{transport.CONNECT_SECONDS} s"
    assert rows["a request's head; its body"] == f"{bounds.HEAD_SECONDS} s; {bounds.BODY_SECONDS} s"
    assert rows["what waits for a client that doesn't read"].startswith(f"{transport.MAX_UNREAD:,} characters")
    assert rows["counts of messages"].startswith(f"{KEEP_DAYS} days; the last {FLUSH_SECONDS} seconds")
    assert rows["signing in, right or wrong"] == (
        "{0} in {1:.0f} minutes from one address; {2} in {3:.0f} minutes for one account; in a browser where it has signed in "
        "before, {0} in {1:.0f} minutes by itself").format(*_minutes("sign_in"), *_minutes("account"))
    assert rows["wrong codes of an authenticator app"].startswith(f"{day['code'][0]} in a day for one account;")
    assert LIMITS["refused"][0] * ADDRESS_FACTOR == 100


def _minutes(name):
    amount, seconds = LIMITS[name]
    return amount, seconds / 60


def test_every_setting_in_the_other_docs_exists():
    known = {setting.variable for setting in (config.INSTANCE, *config.SETTINGS)}
    for file in (ROOT / "README.md", ROOT / "docs" / "install.md", *(ROOT / "deploy").iterdir()):
        assert set(re.findall(r"REPLYX_[A-Z_]+", file.read_text())) <= known, file.name


def test_no_place_is_left_to_fill_in():
    for file in (ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")):
        assert not re.findall(r"@[A-Z]+@", file.read_text()), file.name


@pytest.mark.parametrize("file", ["README.md", "docs/install.md"])
def test_every_command_in_the_other_docs_exists(file):
    known = [path for path, _ in every_command(main)]
    text = (ROOT / file).read_text()
    for line in re.findall(r"`replyx ([a-z][^`]*)`|^replyx ([a-z].*)$", text, flags=re.M):
        words = tuple("".join(line).split())
        assert any(words[:len(path)] == path for path in known), " ".join(words)


def test_links_lead_somewhere():
    for file in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", file.read_text()):
            assert (file.parent / target).exists(), f"{file.name}: {target}"


def test_vendored_files_are_the_registrys_own():
    for folder in (ROOT / "replyx" / "console" / "static" / "vendor",):
        noted = dict(re.findall(r"^\| (\S+\.m?js) \|.*\| ([0-9a-f]{64}) \|$", (folder / "README.md").read_text(), flags=re.M))
        files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.*js")}
        assert noted == files


def test_the_changelog_has_an_unreleased_head():
    assert re.search(r"^## Unreleased$", (ROOT / "CHANGELOG.md").read_text(), flags=re.M)
