"""How the errors are spread: a histogram for each target, beside the normal curve of the same width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.plot.comparison import Target
from hpcfit.plot.names import axis_label
from hpcfit.plot.style import BAND, BLUE, INK, ORANGE, PAGE, panels, whole_numbers
from hpcfit.problem.loss import MAD

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = NDArray[np.float64]
#: of the standard deviation: errors beyond are counted in the last bins
_WIDEST = 5.0


def draw_residuals(targets: Sequence[Target]) -> Figure:
    """Errors, predicted - reference, of what was fitted; in standard deviations, of tables that have them.

    Errors of more than five standard deviations are gathered in the outermost bins. What was held out is a
    line, as a histogram of the same number of errors.
    """
    columns = min(len(targets), 3)
    rows = -(-len(targets) // columns)
    figure, grid = panels(rows, columns, {1: 3.5, 2: 5.6, 3: PAGE}[columns], 2.4 * rows)
    flat = [axes for row in grid for axes in row]
    for axes, target in zip(flat, targets, strict=False):
        _draw(axes, target)
    for axes in flat[len(targets) :]:
        axes.set_visible(False)
    handles, labels = flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3)
    return figure


def _draw(axes: Axes, target: Target) -> None:
    fitted, held_out = (_errors(target, test) for test in (False, True))
    errors = fitted if len(fitted) else held_out
    middle, width = middle_and_width(errors, target.robust)
    edges = bins(errors, middle, width)
    axes.hist(
        _within(errors, edges), edges.tolist(), color=BAND, edgecolor=INK, linewidth=0.4, label="fitted"
    )
    same = "median deviation" if target.robust else "width"
    axes.plot(*_normal(len(errors), middle, width, edges), color=BLUE, label=f"normal, same {same}")
    if len(fitted) and len(held_out):
        weights = np.full(len(held_out), len(fitted) / len(held_out))
        axes.hist(
            _within(held_out, edges),
            edges.tolist(),
            weights=weights,
            histtype="step",
            color=ORANGE,
            linewidth=1.3,
            label="held out",
        )
    axes.set_xlim(edges[0], edges[-1])
    what = f"{target.name} residual" if target.scaled else f"{target.name} error"
    axes.set_xlabel(axis_label(what, "standard deviations" if target.scaled else target.unit, 34))
    axes.set_ylabel(target.kind)
    axes.locator_params(axis="x", nbins=5)
    whole_numbers(axes.yaxis)


def middle_and_width(errors: FloatArray, robust: bool) -> tuple[float, float]:
    """Mean and standard deviation; of robust fits median and median deviation, in that of a normal law."""
    middle = float(np.median(errors) if robust else errors.mean())
    away = errors - middle
    width = MAD * np.median(np.abs(away)) if robust else np.sqrt(np.mean(away**2))
    return middle, float(width) or 1.0


def bins(errors: FloatArray, middle: float, width: float) -> FloatArray:
    """Edges of bins by Freedman and Diaconis (1981), 8 to 60 of them, within five widths of the middle."""
    reach = min(float(np.abs(errors - middle).max()), _WIDEST * width) or 1.0
    low, high = np.percentile(errors, [25, 75])
    step = 2.0 * float(high - low) * len(errors) ** (-1 / 3)
    count = int(np.clip(2.0 * reach / step if step > 0.0 else 8, 8, 60))
    return np.linspace(middle - reach, middle + reach, count + 1)


def _errors(target: Target, test: bool) -> FloatArray:
    return np.concatenate([np.zeros(0), *(each.residual for each in target.of(test))])


def _within(errors: FloatArray, edges: FloatArray) -> FloatArray:
    return np.clip(errors, edges[0], edges[-1])


def _normal(count: int, middle: float, width: float, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    x = np.linspace(edges[0], edges[-1], 200)
    share = (edges[1] - edges[0]) / (width * np.sqrt(2.0 * np.pi))
    return x, count * share * np.exp(-0.5 * ((x - middle) / width) ** 2)
