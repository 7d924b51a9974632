"""The command line: what it prints, as JSON where asked, and its exit codes; with and without a server."""
import json
import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from replyx.cli import main
from tests import commands
from tests.cast import PASSWORD
from tests.served import REPLYX, Served

NOBODY = 65534


@pytest.fixture
def instance(tmp_path):
    """An instance without a server."""
    return Served(tmp_path)


def test_a_site_is_added_listed_and_given_a_new_token(instance):
    site = instance.command("site", "add", "Café", "--domain", "Кафе.рф", "--domain", "cafe.example:8080", "--json")
    assert set(site) == {"id", "name", "site_token", "domains", "snippet", "assistant_id"}
    assert site["domains"] == ["xn--80akn5b.xn--p1ai", "cafe.example:8080"]
    assert site["snippet"] == f'<script async src="{instance.url}/replyx.js?site_token={site["site_token"]}"></script>'
    assert instance.command("site", "list", "--json") == [site]
    rotated = instance.command("site", "rotate-token", site["id"], "--json")
    assert rotated["id"] == site["id"] and rotated["site_token"] != site["site_token"]
    assert rotated["snippet"] in instance.command("site", "list")


def test_a_sites_domains_are_changed_and_its_snippet_stays(instance):
    site = instance.command("site", "add", "Shop", "--domain", "shop.exmaple", "--json")
    changed = instance.command("site", "set-domains", site["id"], "--domain", "shop.example", "--json")
    assert changed == {**site, "domains": ["shop.example"]}
    said = instance.command("site", "set-domains", site["id"], "--domain", "*.club.example", "--domain", "localhost")
    assert "The chat may stand on: club.example, localhost. No longer on: shop.example" in said
    assert "*.club.example is kept as club.example: a domain counts with all its subdomains." in said
    assert "Replace all" in instance.command("site", "set-domains", "--help")
    assert "no site 99" in instance.command("site", "set-domains", 99, "--domain", "shop.example", code=1)


def test_an_assistant_is_added_and_listed(instance):
    site = instance.command("site", "add", "Shop", "--domain", "shop.example", "--json")
    added = instance.command("assistant", "add", "Max", "--site", site["id"], "--json")
    assert added == {"id": 2, "name": "Max", "site_id": site["id"], "avatar": None}
    assert instance.command("assistant", "list", "--json")[1] == added


def test_a_manager_is_added_listed_and_disabled(instance):
    added = instance.command("manager", "add", "Anna@shop.example", "--name", "Anna", "--role", "owner", "--password-stdin",
                             "--json", stdin=PASSWORD)
    assert added == {"id": 1, "email": "anna@shop.example", "name": "Anna", "role": "owner", "disabled": False}
    assert instance.command("manager", "disable", "ANNA@shop.example", "--json")["disabled"] is True
    assert instance.command("manager", "list", "--json") == [{**added, "disabled": True}]
    back = instance.command("manager", "set-password", "anna@shop.example", "--password-stdin", "--json", stdin=PASSWORD)
    assert back["disabled"] is False


def test_a_key_is_shown_once(instance):
    added = instance.command("apikey", "add", "bot", "--role", "manager", "--json")
    listed = instance.command("apikey", "list", "--json")
    assert added["key"].startswith("rk_") and listed[0]["name"] == "bot" and added["key"] not in json.dumps(listed)
    revoked = instance.command("apikey", "revoke", added["id"], "--json")
    assert revoked["id"] == added["id"] and revoked["revoked_at"]
    assert "nothing" not in instance.command("apikey", "revoke", added["id"], code=1)


@pytest.mark.parametrize("arguments, stdin, named", [
    (["site", "add", "X", "--domain", "https://x.example"], "", "not a domain"),
    (["site", "rotate-token", "99"], "", "no site 99"), (["assistant", "add", "Max", "--site", "99"], "", "no site 99"),
    (["manager", "disable", "nobody@x.example"], "", "no manager"), (["apikey", "revoke", "99"], "", "no API key"),
    (["manager", "add", "x@x.example", "--name", "X", "--password-stdin"], "short", "too short"),
    (["manager", "add", "x", "--name", "X", "--password-stdin"], PASSWORD, "Must be an email address"),
    (["manager", "add", "x@x.example", "--name", "X", "--site", "99", "--password-stdin"], PASSWORD, "no such site"),
    (["apikey", "add", "bot", "--site", "99"], "", "no such site"),
    (["manager", "add", "y@x.example", "--name", " ", "--password-stdin"], PASSWORD, "name"),
    (["manager", "add", "y@x.example", "--name", "Y", "--password-stdin"], "x" * 1025, "password"),
    (["site", "add", "x" * 201, "--domain", "x.example"], "", "name"),
])
def test_a_refusal_is_one_line_and_exit_code_1(instance, arguments, stdin, named):
    said = instance.command(*arguments, stdin=stdin, code=1)
    assert said.startswith("replyx: ") and said.count("\n") == 1 and named in said


@pytest.mark.parametrize("arguments", [
    ["site", "add", "X"], ["nothing"], ["site", "rotate-token", "one"], ["site", "rotate-token", "9" * 30],
    ["apikey", "revoke", "0"], ["apikey", "add", "bot", "--site", "9" * 30]])
def test_bad_usage_is_exit_code_2(instance, arguments):
    assert "Traceback" not in instance.command(*arguments, code=2)


def test_a_bad_setting_is_exit_code_2(tmp_path):
    for arguments in (["site", "list"], ["config"], ["run"]):
        said = Served(tmp_path, REPLYX_LOG_LEVEL="loud").command(*arguments, code=2)
        assert "REPLYX_LOG_LEVEL" in said and said.count("\n") == 1


@pytest.mark.parametrize("name", ["migrate.lock", "secret_key", "uploads", "avatars"])
def test_something_in_the_instance_that_cannot_be_used_is_exit_code_2(instance, name):
    place = instance.instance / name
    place.write_text("") if name in ("uploads", "avatars") else place.mkdir()
    said = instance.command("site", "list", code=2)
    assert said.startswith("replyx: ") and said.count("\n") == 1 and str(place) in said


@pytest.mark.parametrize("key", ["", "\n", "0123"])
def test_a_secret_key_that_is_none_is_exit_code_2(instance, key):
    """An empty key would sign links that anybody can make."""
    (instance.instance / "secret_key").write_text(key)
    said = instance.command("site", "list", code=2)
    assert said.count("\n") == 1 and str(instance.instance / "secret_key") in said


@pytest.mark.parametrize("arguments, code", [
    (["site", "list", "--json"], 0), (["site", "rotate-token", "99"], 1), (["site", "add", "X"], 2)])
def test_the_installed_command_is_what_these_tests_run(instance, arguments, code):
    done = subprocess.run([REPLYX, *arguments], env=instance.env, capture_output=True, text=True, timeout=30, cwd="/")
    assert (done.returncode, done.stdout, done.stderr) == commands.run(arguments, instance.env)
    assert done.returncode == code


def test_config_names_every_setting_and_its_source(instance):
    rows = {row["name"]: row for row in instance.command("config", "--json")}
    assert rows["REPLYX_PORT"]["value"] == str(instance.port) and "environment" in rows["REPLYX_PORT"]["source"]
    assert rows["REPLYX_RATE_LIMITS"]["source"] == "default"


def test_demo_makes_one_site_and_prints_the_links(instance):
    first, second = instance.command("demo"), instance.command("demo")
    assert f"{instance.url}/demo" in first and "/console/setup#su_" in first and "/console/setup#su_" in second
    assert [site["name"] for site in instance.command("site", "list", "--json")] == ["Demo"]


def test_demo_does_not_print_links_to_somebody_elses_server(instance):
    with socket.create_server(("127.0.0.1", instance.port)):
        said = instance.command("demo", code=2)
    assert f"port {instance.port}" in said and "REPLYX_PORT=" in said and "http://" not in said


def test_the_api_descriptions_are_json(instance):
    http, sockets = json.loads(instance.command("openapi")), json.loads(instance.command("asyncapi"))
    assert http["openapi"] == "3.1.0" and "/api/widget/dialogs/{dialog_id}/messages" in http["paths"]
    assert sockets["asyncapi"] == "3.0.0" and "message_post" in sockets["operations"]


def every_command(group, path=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from every_command(command, (*path, name))
        else:
            yield (*path, name), command


@pytest.mark.parametrize("path, command", [pytest.param(*pair, id=" ".join(pair[0])) for pair in every_command(main)])
def test_every_command_has_help(path, command):
    assert command.help and command.get_short_help_str()
    assert all(getattr(option, "help", None) for option in command.params if option.param_type_name == "option")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.skipif(not all(folder.stat().st_mode & stat.S_IXOTH for folder in Path(__file__).parents),
                    reason="somebody else can't read this clone, in a home that is closed")
def test_a_command_as_root_becomes_the_owner_of_the_instance(tmp_path):
    instance = Served(tmp_path / "instance")
    instance.command("site", "list")
    # With several workers pytest puts a folder more between.
    for folder in (tmp_path, *list(tmp_path.parents)[:3]):
        folder.chmod(0o755)
    for file in (instance.instance, *instance.instance.iterdir()):
        os.chown(file, NOBODY, NOBODY)
    (instance.instance / "migrate.lock").unlink()
    instance.command("site", "add", "Shop", "--domain", "shop.example")
    assert {(file.stat().st_uid, file.stat().st_gid) for file in instance.instance.iterdir()} == {(NOBODY, NOBODY)}
