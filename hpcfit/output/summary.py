"""The text that a run ends with: parameters, errors, counts, where the time went."""

from __future__ import annotations

from collections.abc import Sequence

from hpcfit.output.families import MOST, family_rows, shown_directions
from hpcfit.output.loss_report import LossReport
from hpcfit.output.result import Errors, FittedParameter, Result
from hpcfit.output.starts import StartsReport
from hpcfit.suggest import counted

#: characters of a tie in a table
_TIE = 60
#: minima in a table, and starts of each
_MINIMA, _STARTS = 8, 10


def summary(result: Result) -> str:
    """The result as aligned text of several lines, without a line break at its end."""
    blocks = [
        result.verdict,
        f"loss {result.loss:.12g}{_of_priors(result)} after {_counts(result)}",
        _parameters(result),
    ]
    errors = error_rows(result)
    if len(errors[1]):
        blocks.append(table(*errors))
    if result.robust is not None:
        blocks.append("\n".join(loss_lines(result.robust)))
    if result.starts is not None and result.starts.minima:
        blocks.append(table(*minima_rows(result.starts)))
    blocks.append(time_line(result))
    notes = (*shown_directions(result.null_directions), *result.warnings)
    blocks.extend(f"note: {sentence}" for sentence in notes)
    return "\n\n".join(blocks)


def _parameters(result: Result) -> str:
    if len(result.parameters) <= MOST:
        return table(*parameter_rows(result))
    return (
        f"{table(*family_rows(result.parameters))}\nall {len(result.parameters)} of them are in result.json"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns under their heads; numbers aligned at the right, words at the left."""
    cells = [list(head), *[list(row) for row in rows]]
    widths = [max(len(row[j]) for row in cells) for j in range(len(head))]
    right = [any(_is_number(row[j]) for row in rows) for j in range(len(head))]
    lines = []
    for row in cells:
        padded = [
            cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def parameter_rows(result: Result) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the parameters' table; the potential is named where there are several."""
    several = len({q.potential for q in result.parameters}) > 1
    units = any(q.unit for q in result.parameters)
    head = [*(["potential"] if several else []), "parameter", "value", "standard error", "initial"]
    head += [*(["unit"] if units else []), ""]
    rows = []
    for q in result.parameters:
        row = [*([q.potential] if several else []), result.label(q), value_text(q), error_text(q)]
        rows.append([*row, f"{q.initial:.7g}", *([q.unit] if units else []), remark(q)])
    return head, rows


def value_text(parameter: FittedParameter) -> str:
    """Ten digits of a fitted value; a fixed one as it was given."""
    return f"{parameter.value:.7g}" if parameter.fixed else f"{parameter.value:#.10g}"


def error_text(parameter: FittedParameter) -> str:
    return "" if parameter.standard_error is None else f"{parameter.standard_error:.2g}"


def remark(parameter: FittedParameter) -> str:
    """ "fixed", what it is tied to, the bound at which the fit ended, what else it was fitted by."""
    if parameter.fixed:
        return "fixed"
    remarks = []
    if parameter.mixing is not None:
        remarks.append(f"mixed: {parameter.mixing}")
    elif parameter.tie is not None:
        remarks.append(f"tied: {shortened(parameter.tie)}")
    if parameter.at_bound is not None:
        bound = parameter.min if parameter.at_bound == "min" else parameter.max
        remarks.append(
            f"at {parameter.at_bound} {bound:.7g}" if bound is not None else f"at {parameter.at_bound}"
        )
    if parameter.transform is not None:
        remarks.append(f"by its {parameter.transform}")
    if parameter.prior is not None:
        remarks.append(f"prior {parameter.prior['mean']:.7g} +- {parameter.prior['sigma']:.3g}")
    return ", ".join(remarks)


def shortened(tie: str) -> str:
    """A tie that fits into a table."""
    return tie if len(tie) <= _TIE else f"{tie[: _TIE - 3]}..."


def error_rows(result: Result) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table of root-mean-square errors, tags below their set."""
    rmse = result.rmse
    targets = list(dict.fromkeys([*rmse.train, *rmse.test]))
    units = [f"{target} ({rmse.units[target]})" if rmse.units.get(target) else target for target in targets]
    rows = []
    for name, errors in (("train", rmse.train), ("test", rmse.test)):
        if errors:
            rows.append([name, *_error_cells(errors, targets)])
        for tag, by_target in rmse.by_tag.get(name, {}).items():
            rows.append([f"  {tag}", *_error_cells(by_target, targets)])
    return ["rmse", *units], rows


def _error_cells(errors: Errors, targets: Sequence[str]) -> list[str]:
    cells = []
    for target in targets:
        error = errors.get(target)
        cells.append("-" if error is None else f"{error:.5g}")
    return cells


def loss_lines(report: LossReport) -> list[str]:
    """How many residuals are beyond the scale of each loss, and the largest of them by name."""
    lines = [
        f"{each.name}{f' of {each.target}' if each.target else ''}: {each.beyond} of "
        f"{counted(each.residuals, 'residual')} beyond the scale {each.scale:.5g}"
        for each in report.targets
        if each.scale is not None and each.residuals
    ]
    return [*lines, *(f"  {each.scales:.3g} scales: {each.where}" for each in report.outliers)]


def minima_rows(starts: StartsReport) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the lowest minima, with the starts that have ended there."""
    rows = [
        [str(k), f"{each.loss:.10g}", str(len(each.starts)), _some(each.starts)]
        for k, each in enumerate(starts.minima[:_MINIMA], start=1)
    ]
    if len(starts.minima) > _MINIMA:
        rows.append(["...", f"{len(starts.minima) - _MINIMA} more", "", "in result.json"])
    return ["minimum", "loss", "found", "by starts"], rows


def _some(starts: Sequence[int]) -> str:
    return ", ".join(map(str, starts[:_STARTS])) + (", ..." if len(starts) > _STARTS else "")


def time_shares(result: Result) -> list[tuple[str, float]]:
    """(what, seconds) of the optimizer's time; the parts add up to it."""
    timing = result.timing
    parts = [
        ("kernels", timing.kernels),
        ("QR", timing.folding),
        ("communication", timing.communication),
        ("merging", timing.merging),
    ]
    rest = timing.optimizer - sum(seconds for _, seconds in parts)
    return [*parts, ("algebra and output", max(rest, 0.0))]


def time_line(result: Result) -> str:
    """One or two lines on where the time went, and the memory."""
    timing = result.timing
    whole = timing.optimizer or 1.0
    shares = ", ".join(f"{name} {100.0 * seconds / whole:.0f} %" for name, seconds in time_shares(result))
    lines = [
        f"time {timing.total:.2f} s, of it optimizer {timing.optimizer:.3f} s: {shares}; "
        f"load imbalance {100.0 * timing.load_imbalance:.0f} %"
    ]
    memory = result.memory
    if memory.predicted is not None or memory.measured is not None:
        lines.append(
            f"memory per rank: predicted {_mebibytes(memory.predicted)}, "
            f"measured {_mebibytes(memory.measured)} at most"
        )
    return "\n".join(lines)


def _of_priors(result: Result) -> str:
    return "" if result.prior_loss is None else f" ({result.prior_loss:.6g} of it from priors)"


def _counts(result: Result) -> str:
    counts = result.counts
    return (
        f"{counted(counts.iterations, 'iteration')} ({counted(counts.jacobian_evaluations, 'Jacobian')}, "
        f"{counted(counts.residual_evaluations, 'residual')}, "
        f"{counted(counts.curvature_evaluations, 'curvature')}, "
        f"{counted(counts.rejected, 'rejected step')})"
    )


def _mebibytes(size: int | None) -> str:
    return "unknown" if size is None else f"{size / 2**20:.0f} MiB"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
