"""report.html: the result for a reader, in one file that needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from hpcfit.output.atomic import write_atomically
from hpcfit.output.chart import convergence_chart, range_picture
from hpcfit.output.families import MOST, family_rows, shown_directions
from hpcfit.output.loss_report import LossReport
from hpcfit.output.result import FittedParameter, Result
from hpcfit.output.summary import error_rows, error_text, remark, time_shares, value_text
from hpcfit.suggest import counted


def write_report(path: Path, result: Result, events: Sequence[Mapping[str, Any]], title: str) -> None:
    """Write the report of one run.

    Args:
        events: of events.jsonl, for the convergence chart.
        title: what was fitted; any text.
    """
    write_atomically(path, report_html(result, events, title))


def report_html(result: Result, events: Sequence[Mapping[str, Any]], title: str) -> str:
    """The whole page. Every text from the job, the data or the machine is escaped."""
    style = resources.files("hpcfit.output").joinpath("style.css").read_text(encoding="utf-8")
    sections = [
        _notes(result),
        _section("Parameters", parameters_table(result)),
        _section("Convergence", convergence_chart(events, result.objective_history)),
        _section("Root-mean-square errors", errors_table(result)),
        _section("Residuals beyond the scale of the loss", outliers_table(result.robust)),
        _section("Where the time went", _timing(result)),
        _section("Provenance", _mapping(result.provenance)),
        _section("Job", _mapping(result.job)),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} - hpcfit</title><style>\n{style}</style></head>\n<body><main>\n"
        f"{_header(result, title)}{_facts(result)}{''.join(sections)}"
        f"<footer>{escape(_footer(result))}</footer>\n</main></body></html>\n"
    )


def _header(result: Result, title: str) -> str:
    kind = "good" if result.converged else "warn"
    return (
        f'<header><h1>{escape(title)}<span class="badge {kind}">{escape(result.status)}</span></h1>'
        f"<p>{escape(result.reason)}</p></header>\n"
    )


def _facts(result: Result) -> str:
    counts, timing = result.counts, result.timing
    facts = [
        (f"{result.loss:.8g}", "loss"),
        *([] if result.prior_loss is None else [(f"{result.prior_loss:.6g}", "loss due to priors")]),
        (str(counts.iterations), f"iterations, {counted(counts.rejected, 'rejected step')}"),
        (str(counts.jacobian_evaluations), "Jacobians"),
        (f"{counts.residual_evaluations + counts.curvature_evaluations}", "residual evaluations"),
        (f"{timing.optimizer:.2f} s", f"optimizer, of {timing.total:.2f} s"),
        (str(result.provenance.get("ranks", 1)), "ranks"),
    ]
    cells = (f'<div class="fact"><b>{escape(b)}</b><span>{escape(s)}</span></div>' for b, s in facts)
    return f'<div class="facts">{"".join(cells)}</div>\n'


def _notes(result: Result) -> str:
    sentences = [*shown_directions(result.null_directions), *result.warnings]
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return _section("Notes", f'<ul class="notes">{items}</ul>' if items else "")


def parameters_table(result: Result) -> str:
    """All parameters, with a picture of where between its bounds each free one is; of very many, families."""
    if len(result.parameters) > MOST:
        return rows_table(*family_rows(result.parameters))
    head = (
        "<tr><th>potential</th><th>parameter</th><th class='n'>value</th>"
        "<th class='n'>standard error</th><th>unit</th><th class='n'>initial</th><th>bounds</th>"
        "<th></th></tr>"
    )
    rows = "".join(_parameter(q, result.label(q)) for q in result.parameters)
    return f'<div class="wide"><table>{head}{rows}</table></div>'


def _parameter(q: FittedParameter, label: str) -> str:
    bounds = "" if not q.free else range_picture(q.value, q.min, q.max) or escape(_bounds_text(q))
    mark = f'<span class="bound">{escape(remark(q))}</span>' if q.at_bound else escape(remark(q))
    if q.tie is not None:
        mark = f'<span title="{escape(q.tie)}">{mark}</span>'
    cells = [
        f"<td>{escape(q.potential)}</td><td>{escape(label)}</td><td class='n'>{escape(value_text(q))}</td>",
        f"<td class='n'>{escape(error_text(q))}</td><td>{escape(q.unit)}</td>",
        f"<td class='n'>{escape(f'{q.initial:.7g}')}</td><td>{bounds}</td><td>{mark}</td>",
    ]
    kind = "" if q.free else ' class="fixed"'
    return f"<tr{kind}>{''.join(cells)}</tr>"


def _bounds_text(q: FittedParameter) -> str:
    low = "" if q.min is None else f"at least {q.min:.7g}"
    high = "" if q.max is None else f"at most {q.max:.7g}"
    return low or high


def outliers_table(report: LossReport | None) -> str:
    """How many residuals are beyond the scale of each robust loss, and the largest of them."""
    if report is None:
        return ""
    counts = [
        [each.target or "all", each.name, f"{each.scale:.5g}", str(each.beyond), str(each.residuals)]
        for each in report.targets
        if each.scale is not None and each.residuals
    ]
    largest = [[each.where, f"{each.residual:.5g}", f"{each.scales:.3g}"] for each in report.outliers]
    head = ["residuals", "loss", "scale", "beyond", "of"]
    outliers = rows_table(["largest", "residual", "in scales"], largest) if largest else ""
    return rows_table(head, counts) + outliers


def errors_table(result: Result) -> str:
    """Root-mean-square errors of training and test data, by tag; "" when there are none."""
    return rows_table(*error_rows(result))


def rows_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Numbers under titles, behind a column of names, of which indented ones are tags; "" without rows."""
    if not rows:
        return ""
    titles = [f"<th>{escape(head[0])}</th>", *(f"<th class='n'>{escape(name)}</th>" for name in head[1:])]
    lines = []
    for first, *numbers in rows:
        kind = ' class="tag"' if first.startswith("  ") else ""
        cells = "".join(f"<td class='n'>{escape(number)}</td>" for number in numbers)
        lines.append(f"<tr{kind}><td>{escape(first.strip())}</td>{cells}</tr>")
    return f'<div class="wide"><table><tr>{"".join(titles)}</tr>{"".join(lines)}</table></div>'


def _timing(result: Result) -> str:
    shares = time_shares(result)
    whole = sum(seconds for _, seconds in shares)
    if whole <= 0.0:
        return ""
    bars, legend = [], []
    for k, (name, seconds) in enumerate(shares, start=1):
        percent = 100.0 * seconds / whole
        bars.append(f'<span class="s{k}" style="width:{percent:.2f}%" title="{escape(name)}"></span>')
        legend.append(
            f'<li><i class="s{k}"></i>{escape(name)} {seconds:.3f}&nbsp;s, {percent:.0f}&nbsp;%</li>'
        )
    rest = (
        f"<p>Load imbalance between ranks {100.0 * result.timing.load_imbalance:.1f} %; "
        f"set-up {result.timing.setup:.2f} s.</p>"
    )
    return f'<div class="shares">{"".join(bars)}</div><ul class="legend">{"".join(legend)}</ul>{rest}'


def _mapping(mapping: Mapping[str, Any]) -> str:
    rows = "".join(
        f'<tr><td>{escape(name)}</td><td class="wrap">{escape(_text(value))}</td></tr>'
        for name, value in mapping.items()
    )
    return f"<table>{rows}</table>" if rows else ""


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_text(item) for item in value)
    return str(value)


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>\n" if body else ""


def _footer(result: Result) -> str:
    versions = result.provenance.get("versions")
    version = versions.get("hpcfit", "") if isinstance(versions, Mapping) else ""
    return f"Written by hpcfit {version}".rstrip() + ". The numbers are in result.json."
