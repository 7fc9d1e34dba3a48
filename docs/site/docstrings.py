"""Docstrings as they are written here, for Sphinx.

They are read in terminals and editors, so names stand in `single backticks` and |r| or a*b mean what they
say. In reStructuredText the first is a reference, the others are markup.
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx

_CODE = re.compile(r"(``.+?``|`[^`]+`)")


def as_written(line: str) -> str:
    """One line with its code marked as reStructuredText does, and everything else taken literally."""
    parts = _CODE.split(line)
    for place, part in enumerate(parts):
        if place % 2:
            parts[place] = f"``{part.strip('`')}``"
        else:
            parts[place] = re.sub(r"([*|])", r"\\\1", re.sub(r"(\w)_(?!\w)", r"\1\\_", part))
    return "".join(parts)


def process(_app: Sphinx, what: str, _name: str, _obj: object, _options: object, lines: list[str]) -> None:
    """Change the docstring in place, but not its literal blocks (indented, after a line that ends in ::)."""
    code = next((line for line in lines[1:] if line), "")
    if lines and lines[0].endswith("::") and not code.startswith(" "):
        # Of a docstring with code after its first line, Python took the indentation away.
        lines[1:] = [f"    {line}" if line else line for line in lines[1:]]
    literal_above: int | None = None
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if literal_above is not None and line.strip() and indent <= literal_above:
            literal_above = None
        if literal_above is None:
            lines[number] = as_written(line)
            literal_above = indent if line.rstrip().endswith("::") else None
    if what in ("attribute", "property"):
        # Before a colon in the first line napoleon would see a type.
        lines.insert(0, "")


def setup(app: Sphinx) -> dict[str, bool]:
    # Before napoleon, which has the priority 500 and brings markup of its own.
    app.connect("autodoc-process-docstring", process, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
