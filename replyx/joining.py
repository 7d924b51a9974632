"""A module and those that it imports statically as one file, so that a browser asks once: each keeps a scope of its own.

It reads four forms of import and export and refuses to start on any other, rather than join them wrongly.
"""
import re

NAME = r"[A-Za-z_$][\w$]*"
STATEMENT = re.compile(r"^[ \t]*(?:import|export)\b(?![ \t]*[(.:=,])", re.M)
IMPORT = re.compile(rf'import (?:\{{\s*(?P<names>{NAME}(?: as {NAME})?(?:,\s*{NAME}(?: as {NAME})?)*),?\s*\}} from )?'
                    r'"\./(?P<file>[\w.-]+)";[ \t]*(?=\n|//|$)')
DECLARATION = re.compile(rf"export (?=(?:const|class|function|async function) (?P<name>{NAME})(?![\w$]))")
LIST = re.compile(rf"export \{{\s*(?P<names>{NAME}(?:,\s*{NAME})*),?\s*\}};[ \t]*(?=\n|//|$)")


class JoinError(Exception):
    """What stands in a module can't be joined; the text names the file and the line."""


def join(files, entry):
    """The text of the module `entry` with all that it imports, dependencies first. `files` maps names to texts.

    The entry may await and exports what it did; the modules before it are functions. Raises JoinError.
    """
    modules = {}
    _visit(files, entry, modules, ())
    *before, last = modules.values()
    return "\n".join((*(module.as_function() for module in before), last.as_entry(), ""))


def _visit(files, name, modules, path):
    """Add a module behind those that it needs."""
    if name in path:
        raise JoinError(f"{name}: these modules import each other in a circle: {' -> '.join((*path, name))}")
    if name in modules:
        return
    if name not in files:
        raise JoinError(f"{path[-1]}: imports {name}, which is not there")
    module = _Module(name, files[name])
    for needed in module.needs:
        _visit(files, needed, modules, (*path, name))
    for line, needed, imported in module.imported:
        if imported not in modules[needed].exports:
            raise module.error(line, f"{needed} exports no {imported}")
    modules[name] = module


class _Module:
    """`body` is the module's text without its imports and exports; `exports` its names; `needs` the modules that it imports;
    `imported` (line, module, name) for each name."""

    def __init__(self, name, text):
        self.name, self.exports, self.needs, self.imported = name, [], [], []
        self._text, parts, at = text, [], 0
        if "import.meta" in text:
            raise self.error(text[:text.index("import.meta")].count("\n") + 1, "import.meta would be that of the joined file")
        for statement in STATEMENT.finditer(text):
            end, replaced = self._take(statement.start())
            parts += (text[at:statement.start()], replaced)
            at = end
        self.body = "".join((*parts, text[at:]))

    def error(self, line, reason):
        return JoinError(f"{self.name}:{line}: {reason}: {self._text.splitlines()[line - 1].strip()}")

    def _take(self, start):
        """Where the statement ends, and what stands in its place."""
        line = self._text.count("\n", 0, start) + 1
        if found := IMPORT.match(self._text, start):
            return found.end(), self._import(line, found)
        if found := DECLARATION.match(self._text, start):
            self.exports.append(found["name"])
            return found.end(), ""
        if found := LIST.match(self._text, start):
            self.exports += re.split(r",\s*", found["names"])
            return found.end(), ""
        raise self.error(line, "this form of import or export can't be joined")

    def _import(self, line, found):
        """The constants that stand for what is imported, in one statement."""
        file, variable = found["file"], _variable(found["file"])
        pairs = [(name.partition(" as ")[0], name.rpartition(" as ")[2])
                 for name in re.split(r",\s*", found["names"] or "") if name]
        self.needs.append(file)
        self.imported += ((line, file, name) for name, _ in pairs)
        taken = ", ".join(name if name == own else f"{name}: {own}" for name, own in pairs)
        return f"const {{ {taken} }} = {variable};" if pairs else ""

    def as_entry(self):
        """In a block of its own, unless it exports: what a block declares can't leave it."""
        if self.exports:
            return f"{self.body}\nexport {{ {', '.join(self.exports)} }};"
        return f"{{\n{self.body}\n}}"

    def as_function(self):
        return f"const {_variable(self.name)} = (() => {{\n{self.body}\nreturn {{ {', '.join(self.exports)} }};\n}})();"


def _variable(file):
    """A name for a module that no module uses for something of its own."""
    return "$module_" + re.sub(r"\W", "_", file)
