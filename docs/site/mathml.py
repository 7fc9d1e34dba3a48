"""Formulas as MathML, made when the site is built: browsers draw it themselves, without any script."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx


def mathml(formula: str, display: str) -> str:
    """The MathML of a formula in the notation of LaTeX, "inline" or as a "block"."""
    found = convert(formula, display=display)
    # To MathML these are operators with space around them; here they are norms and fractions.
    for sign in ("&#x0007C;", "&#x0002F;"):
        for attributes in ("", ' stretchy="false"'):
            found = found.replace(f"<mo{attributes}>{sign}", f'<mo{attributes} lspace="0" rspace="0">{sign}')
    return found


def visit_inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def visit_block(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math">{mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
