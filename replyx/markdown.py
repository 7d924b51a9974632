"""What a manager or the assistant writes, as HTML where it has Markdown in it; guests' text is only ever text."""
import re
from functools import cache, lru_cache

# Longer texts, and those with more signs, stay text: the parser takes its time for hostile ones, which grows with the
# square of the signs. Within these bounds the worst known takes some 20 ms; nothing a person writes is near to them.
LONGEST, MOST_SIGNS = 4000, 800
SIGNS = re.compile(r"[\[\]()*_~`<>&!\\]")
# The HTML of honest text is at most this much longer.
MOST_GROWTH = 2
# Nothing of Markdown is without one of these: most lines cost this look alone.
MARKS = re.compile(r"[*_`~\]]|<\w|^ {0,3}(>|[-+] |\d{1,9}[.)] )", re.M)
# What plain text becomes.
PLAIN = re.compile(r"</?p>|<br>")
LINK = re.compile(r"(https?|mailto):", re.I)
TAGS = {"p", "br", "strong", "em", "del", "code", "pre", "ul", "ol", "li", "a", "blockquote"}
# Headings, images, tables, rules and HTML are text as any other; so is code that is only indented.
LEFT_OUT = ["heading", "lheading", "image", "hr", "html_block", "html_inline", "reference", "code"]


def html(text):
    """Safe HTML of a line with Markdown in it: `TAGS`, links to http, https and mailto. None for plain text."""
    if len(text) > LONGEST or not MARKS.search(text) or len(SIGNS.findall(text)) > MOST_SIGNS:
        return None
    return _html(text)


@lru_cache(256)
def _html(text):
    import nh3
    made = nh3.clean(_parser().render(text), tags=TAGS, attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
                     url_schemes={"http", "https", "mailto"}, url_relative="deny", link_rel="noopener noreferrer nofollow",
                     set_tag_attribute_values={"a": {"target": "_blank"}}).strip()
    if "<" not in PLAIN.sub("", made) or len(made) > MOST_GROWTH * len(text) + 1000:
        return None
    return made


def load():
    """Import the parser and the sanitiser, and use them once: 50 ms and 2 MB that the first line would take from everybody."""
    html("**load**")


@cache
def _parser():
    """At first need, or at `load`: a command needs none."""
    from markdown_it import MarkdownIt
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(LEFT_OUT).enable("strikethrough")
    parser.validateLink = LINK.match
    for name, tag in (("s_open", "<del>"), ("s_close", "</del>")):
        parser.add_render_rule(name, lambda *_, tag=tag: tag)
    return parser
