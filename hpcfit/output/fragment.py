"""Results as a piece of HTML for notebooks, which bring a page, a theme and styles of their own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib import resources

from hpcfit.output.report import errors_table, parameters_table, rows_table
from hpcfit.output.result import Result
from hpcfit.suggest import counted


def result_fragment(result: Result, note: str | None = None) -> str:
    """Status, parameters, errors and notes; every text is escaped.

    Args:
        note: a sentence to begin the notes with.
    """
    kind = "good" if result.converged else "warn"
    counts = result.counts
    facts = (
        f"loss {result.loss:.10g} after {counted(counts.iterations, 'iteration')}, "
        f"{result.timing.optimizer:.2f} s in the optimizer, {result.timing.total:.2f} s in all"
    )
    head = (
        f'<p><span class="badge {kind}">{escape(result.status)}</span>{escape(result.reason)}</p>'
        f'<p class="soft">{escape(facts)}</p>'
    )
    return styled(f"{head}{parameters_table(result)}{errors_table(result)}{_notes(result, note)}")


def errors_fragment(head: Sequence[str], rows: Sequence[Sequence[str]], otherwise: str) -> str:
    """A table of errors, or a sentence when there are none."""
    return styled(rows_table(head, rows) or f"<p>{escape(otherwise)}</p>")


def styled(body: str) -> str:
    """The piece with the styles that it needs, which touch nothing else on the page."""
    style = resources.files("hpcfit.output").joinpath("fragment.css").read_text(encoding="utf-8")
    return f'<div class="hpcfit"><style>\n{style}</style>{body}</div>'


def _notes(result: Result, note: str | None) -> str:
    sentences = [*([note] if note else []), *result.null_directions, *result.warnings]
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f"<ul>{items}</ul>" if items else ""
