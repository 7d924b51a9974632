"""axe-core, run in every frame of a page: what a screen reader or a keyboard would stumble over."""
from pathlib import Path

AXE = Path(__file__).parent / "node" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# A chat is a part of a page: what a whole document must have is the host's matter.
WHOLE_PAGE = ["region", "landmark-one-main", "page-has-heading-one"]
RUN = """async ([tags, off]) => {
    const rules = Object.fromEntries(off.map((id) => [id, {enabled: false}]));
    const found = await axe.run(document, {runOnly: tags, rules, iframes: false, resultTypes: ["violations"]});
    const where = (node) => `${node.html} (${node.failureSummary})`;
    return found.violations.map(({id, nodes}) => `${id}: ${nodes.map(where).join(" | ")}`);
}"""


def violations(page):
    """What axe finds in the page and in each frame of it that is shown."""
    found = []
    for frame in page.frames:
        # As the debugger does: the page's own policy lets no script of a stranger in.
        if not frame.evaluate("() => Boolean(window.axe)"):
            frame.evaluate(AXE.read_text())
        found += [f"{frame.url.split('?')[0]}: {violation}" for violation in frame.evaluate(RUN, [TAGS, WHOLE_PAGE])]
    return found
