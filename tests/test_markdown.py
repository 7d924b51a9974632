"""Markdown of managers and the assistant: what becomes HTML, what stays text, and what never gets through."""
import re
import subprocess
import sys
from pathlib import Path

import pytest

from replyx import markdown

A = 'target="_blank" rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize("text, html", [
    ("**b** *e* ~~s~~ `c<d`", "<p><strong>b</strong> <em>e</em> <del>s</del> <code>c&lt;d</code></p>"),
    ("*a*\nb\n\nc", "<p><em>a</em><br>\nb</p>\n<p>c</p>"), ("2. a\n3. b", '<ol start="2">\n<li>a</li>\n<li>b</li>\n</ol>'),
    ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"), ("> q", "<blockquote>\n<p>q</p>\n</blockquote>"),
    ("```js\na<b\n```", "<pre><code>a&lt;b\n</code></pre>"),
    ("[x](https://a.b?c=1&d)", f'<p><a href="https://a.b?c=1&amp;d" {A}>x</a></p>'),
    ("<https://a.b>", f'<p><a href="https://a.b" {A}>https://a.b</a></p>'),
    ("[x](mailto:a@b.c)", f'<p><a href="mailto:a@b.c" {A}>x</a></p>'),
    ("# *a*", "<p># <em>a</em></p>"), ("    *a*", "<p><em>a</em></p>"),
    ("<b>x</b> **y**", "<p>&lt;b&gt;x&lt;/b&gt; <strong>y</strong></p>"),
    ('[x](https://a.b "title")', f'<p><a href="https://a.b" {A}>x</a></p>'),
])
def test_markdown_becomes_html(text, html):
    assert markdown.html(text) == html


@pytest.mark.parametrize("text", [
    "", "hello", "a\nb", "2 * 3 * 4", "a_b_c", "1 - 2", "C:\\dir\\*", "# title", "https://a.b/x_y_z", "<b>x</b>", "---",
    "a | b\n--|--",
    "[x](/y)", "[x](//a.b)", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](data:text/html,a)", "[x](vbscript:a)",
    "<javascript:alert(1)>", "[x]: https://a.b\n\n[x]", "**a**" + " " * 4000, "**" * 5001])
def test_what_has_no_markdown_stays_text(text):
    assert markdown.html(text) is None


@pytest.mark.parametrize("hostile", [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![a](x\" onerror=\"alert(1))",
    "[a](https://a.b\"onclick=alert(1))",
    "[<img src=x onerror=alert(1)>](https://a.b)", "`<script>`", "[a](&#106;avascript:alert(1))",
    "<a href=javascript:alert(1)>x</a>",
    "[a](java\nscript:alert(1))", "<style>*{}</style>", "<svg/onload=alert(1)>", "&lt;script&gt;",
    "[a](https://a.b 'x' onclick=y)",
    "![a](https://a.b/x.png)", "<iframe src=//a.b>", "> <details open ontoggle=alert(1)>"])
def test_nothing_else_than_the_listed_gets_through(hostile):
    made = markdown.html(f"**x** {hostile}")
    for tag, attributes in re.findall(r"<([^\s>/]+)([^>]*)>", made):
        assert tag in markdown.TAGS
        assert re.fullmatch(rf'( href="(https?|mailto):[^"<>]*")? {A}' if tag == "a" else "", attributes), made
    assert "<strong>x</strong>" in made


HOSTILE = ("[]", "*", ">", "`", "]", "*_", "_a_*", "~~a", "[a](", "[[]", "> ", "- ", "1. ", "``a`", "**a*b", "*a_ ", "![", "](",
           "<a", "**[**", "a[*", "[**(", "[a][", "[](", "\n[_", "- - ", ">>>- ", "*a **b ", "&#", "\\*", "[a](<")


# Lines of Python for the worst text: some 20 ms. An honest long one takes a quarter of it.
MOST_WORK = 1_000_000


def work(text):
    """How many lines of Python a text takes, its parser's among them: on a busy machine as on an idle one."""
    count = 0

    def trace(_frame, event, _argument):
        nonlocal count
        count += event == "line"
        return trace
    markdown.html("*first*")
    markdown._html.cache_clear()
    sys.settrace(trace)
    try:
        markdown.html(text)
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_nesting_takes_bounded_work(piece):
    signs = len(markdown.SIGNS.findall(piece))
    times = min(markdown.LONGEST // len(piece), markdown.MOST_SIGNS // signs if signs else markdown.LONGEST)
    half, whole = work(piece * (times // 2)), work(piece * times)
    assert whole <= MOST_WORK and whole < 2.5 * half + 1000
    assert markdown.html(f"*a*{piece * 10_000}") is None


def test_an_honest_long_text_is_formatted():
    assert markdown.html("- Take **this** and `that` (or *both*), then go on.\n" * 75)


def test_the_server_has_its_parser_before_anybody_writes(served):
    """Loaded at the first line with Markdown in it, it would hold everybody up."""
    assert "nh3" in Path(f"/proc/{served.process.pid}/maps").read_text()


def test_commands_do_not_pay_for_markdown():
    code = ("import sys; from replyx import markdown, files, schemas; markdown.html('plain');"
            "print([name for name in ('PIL', 'nh3', 'markdown_it') if name in sys.modules])")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
