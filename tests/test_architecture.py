"""The design's own rules, read from the sources: imports point one way, one module commits, the environment is read once."""
import ast
from pathlib import Path

import marshmallow

import replyx
from replyx import values

ROOT = Path(replyx.__file__).parent
# From the top down; what stands in one row may use each other without a circle.
LAYERS = [
    {"cli", "doctor", "server", "tidying", "bounds", "transport", "frames"},
    {"__init__"},
    {"events", "api", "widget", "console", "descriptions", "unsubscribe", "downloads"},
    {"intake", "assets", "panel"},
    {"chat", "accounts", "two_factor", "arrival", "sites", "trials", "mail", "files", "avatars"},
    {"outbox", "notify"},
    {"credentials", "tokens", "links", "limits", "schemas", "account_schemas", "delivery_schemas", "guest_schemas",
     "site_schemas", "identity", "values", "passwords", "actions", "gateway", "tally", "attachments", "file_schemas",
     "uploads", "body", "strangers", "form_revisions"},
    {"store", "files_store", "accounts_store", "delivery_store", "doctor_store", "guest_store", "outbox_store", "rooms",
     "database"},
    {"models", "membership", "writer", "transaction", "storage", "extensions", "wire", "config", "errors", "clock", "green",
     "version", "origins", "refusals", "texts", "parsing", "styles", "hours", "joining", "inspection", "markdown",
     "certificates"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def modules():
    """(name of the module below replyx, its file) without the migrations."""
    for file in sorted(ROOT.rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        if parts[0] != "migrations":
            yield parts, file


def imports(parts, file):
    """The replyx modules that a file imports, by their first name below the package."""
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        package = parts[:len(parts) - node.level]
        path = (*package, *(node.module.split(".") if node.module else ()))
        yield from ([path[0]] if path else [alias.name for alias in node.names])


def arrows():
    """(from, to) between the modules of the package; inside a package of its own, nothing."""
    return {(parts[0], target) for parts, file in modules() for target in imports(parts, file) if target != parts[0]}


def test_every_module_has_its_place():
    assert {parts[0] for parts, _ in modules()} == set(LEVEL)


def test_imports_point_one_way():
    # `from . import create_app, VERSION`: names of the package itself are its __init__.
    upward = [(source, target) for source, target in arrows() if LEVEL.get(target, LEVEL["__init__"]) < LEVEL[source]]
    assert upward == []


def test_no_import_goes_in_a_circle():
    edges, done = arrows(), set()

    def visit(name, path):
        assert name not in path, " -> ".join((*path, name))
        for source, target in edges:
            if source == name and target in LEVEL and target not in done:
                visit(target, (*path, name))
        done.add(name)
    for name in LEVEL:
        visit(name, ())


def calls(name):
    return [file.name for _, file in modules() for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == name]


def test_only_the_writer_commits():
    assert calls("commit") == []
    committing = [file.name for _, file in modules() if '"COMMIT"' in file.read_text() or '"BEGIN' in file.read_text()]
    assert committing == ["database.py", "writer.py"]


def using(word):
    return {str(file.relative_to(ROOT)) for _, file in modules() if word in file.read_text()}


def test_eventlet_and_the_environment_have_their_places():
    assert using("import eventlet") | using("from eventlet") == {"server.py", "bounds.py", "transport.py", "frames.py", "green.py"}
    # The command line reads it to hand it on to the server's process, nothing else.
    assert using("os.environ") == {"config.py", "cli/__init__.py"}


def test_functions_are_short_and_modules_too():
    for _, file in modules():
        text = file.read_text()
        assert text.count("\n") <= 300, file.name
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 40, f"{file.name}: {node.name}"


def test_every_shape_is_made_of_our_schema():
    found = [schema for schema in marshmallow.Schema.__subclasses__() if schema.__module__.startswith("replyx.")]
    assert found == [values.Schema]
