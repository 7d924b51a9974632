"""Modules joined into one file and made small: each keeps its scope, no line is lost, what can't be joined is refused."""
import json
import re
import subprocess

import pytest

from replyx import config
from replyx.assets import SmallAssets
from replyx.joining import JoinError, join
from replyx.widget import JOINED, PLACES, assets
from tests.conftest import find

ENTRY = """// The entry's own `found` is not that of a module.
import { add, found as theirs } from "./a.js";
import {
  Box,
  late,
} from "./b.js"; // two lines and more
import "./effect.js";

const found = "entry";
const answer = await late(2);
console.log(JSON.stringify([found, theirs, add(1), new Box("x").text, answer, globalThis.effects]));
"""
MODULES = {
    "entry.js": ENTRY,
    "a.js": 'import { found as other } from "./b.js";\nexport const found = `a // ${other}`;\n'
            "let count = 40;\nexport function add(n) { return count += n; }\n",
    "b.js": """let count = 1;
const found = 'b';
export class Box {
  #text;
  constructor(text) { this.#text = text + count; }
  get text() { return this.#text; }
}
export async function late(n) { return await n * 2; }
export { found };
""",
    "effect.js": 'import { found } from "./b.js";\n(globalThis.effects ??= []).push(found);\n',
}


@pytest.mark.node
def test_joined_and_small_they_do_what_they_did(tmp_path):
    for name, text in MODULES.items():
        file = tmp_path / "files" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    (tmp_path / "files" / "package.json").write_text('{"type": "module"}')
    served = tmp_path / "files" / "joined.js"
    small = SmallAssets(tmp_path / "files", joined=("entry.js",))
    served.write_text(small.text("entry.js"))
    for name in ("entry.js", "joined.js"):
        out = subprocess.check_output([find("node"), name], cwd=tmp_path / "files", text=True)
        assert json.loads(out) == ["entry", "a // b", 41, "x1", 4, ["b"]]
    assert "own `found`" not in small.text("entry.js")


@pytest.mark.parametrize("text, line, reason", [
    ('import x from "./a.js";', 1, "this form"),
    ('import * as a from "./a.js";', 1, "this form"),
    ('// one\nimport { a } from "./a.js"; import "./a.js";', 2, "this form"),
    ('import { a } from "./sub/a.js";', 1, "this form"),
    ('import { a } from "../a.js";', 1, "this form"),
    ('import { a } from "preact";', 1, "this form"),
    ('import { a } from "./a.js" with { type: "json" };', 1, "this form"),
    ("\n  export default 1;", 2, "this form"),
    ('export * from "./a.js";', 1, "this form"),
    ('export { a } from "./a.js";', 1, "this form"),
    ("export let changes = 1;", 1, "this form"),
    ("export const { a } = {};", 1, "this form"),
    ("const a = 1;\nexport { a as b };", 2, "this form"),
    ("let url;\nurl = import.meta.url;", 2, "import.meta"),
    ('\nimport { a, b } from "./a.js";', 2, "a.js exports no b"),
])
def test_what_cannot_be_joined_is_refused_with_its_line(text, line, reason):
    with pytest.raises(JoinError, match=f"^entry.js:{line}: {reason}"):
        join({"entry.js": text, "a.js": "export const a = 1, b = 2;"}, "entry.js")


def test_a_circle_and_a_missing_module_are_refused():
    with pytest.raises(JoinError, match="circle: entry.js -> a.js -> entry.js"):
        join({"entry.js": 'import "./a.js";', "a.js": 'import "./entry.js";'}, "entry.js")
    with pytest.raises(JoinError, match="entry.js: imports a.js, which is not there"):
        join({"entry.js": 'import "./a.js";'}, "entry.js")


def test_what_is_fetched_later_comes_in_one_request():
    """Of a module that did not come with another, Firefox keeps the failure for good, whatever address that other is asked at."""
    texts = {file.name: file.read_text() for file in (config.ROOT / "widget_static").glob("*.js")}
    first = {name for text in texts.values() for name in re.findall(r'^import .*"\./(.*)";', text, re.M)}
    later = texts.keys() - first | {name for text in texts.values() for name in re.findall(r'\bimport\("\./(.*?)"\)', text)}
    assert later >= {"attach.js", "diagnosis.js", "form.js", "forms.js", "menu.js", "page.js", "phone.js", "signs.js"}
    assert [name for name in sorted(later) if re.search(r"^import\b", assets.text(name), re.M)] == []


def test_what_looks_like_an_import_and_is_none_stays():
    text = 'const later = () =>\n  import("./a.js");\nconst words = {\n  import: 1,\n};\n'
    assert join({"entry.js": text}, "entry.js") == f"{{\n{text}\n}}\n"


def test_a_script_that_cannot_be_made_small_is_refused(tmp_path):
    (tmp_path / "a.js").write_text("const a = `x ${b ? `y  //z` : 1}`;")
    with pytest.raises(ValueError, match="a.js: a template within a template"):
        SmallAssets(tmp_path)


# Names the first token in which two texts differ, for each pair of files; acorn is Node's own.
SAME_TOKENS = """
const { tokenizer } = require("internal/deps/acorn/acorn/dist/acorn");
const { readFileSync } = require("fs");
const tokens = (file) => [...tokenizer(readFileSync(file, "utf8"), { ecmaVersion: "latest", sourceType: "module" })]
  .map(({ type, value }) => `${type.label} ${value?.pattern ?? value ?? ""} ${value?.flags ?? ""}`);
for (const name of process.argv.slice(1)) {
  const large = tokens(`${name}.large`), small = tokens(`${name}.small`);
  const at = large.findIndex((token, i) => token !== small[i]);
  if (at >= 0 || large.length !== small.length) console.log(name, large.slice(at - 5, at + 5), small.slice(at - 5, at + 5));
}
"""


@pytest.mark.node
def test_no_token_of_the_widget_is_lost(tmp_path):
    """A minifier may take a regular expression for a comment, or the end of a line for nothing."""
    files = {file.name: file.read_text() for file in (config.ROOT / "widget_static").glob("*.js")}
    for name, text in (files | {name: join(files, name) for name in JOINED}).items():
        for place, filling in PLACES.items():
            text = text.replace(place, filling)
        (tmp_path / f"{name}.large").write_text(text)
        (tmp_path / f"{name}.small").write_text(assets.text(name))
    told = subprocess.check_output([find("node"), "--expose-internals", "-e", SAME_TOKENS, *files], cwd=tmp_path, text=True)
    assert told == ""
