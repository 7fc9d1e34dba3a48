"""The parameters along the path of the fit, each in a panel of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.output.result import FittedParameter
from hpcfit.plot.names import shortened, with_unit
from hpcfit.plot.run import FinishedRun
from hpcfit.plot.style import BAND, BLUE, INK, PAGE, note, panels, whole_numbers
from hpcfit.plot.unsuitable import Unsuitable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: panels of a picture
MOST = 12
_MARKED = 60
#: letters of a title
_TITLE = 30


def draw_path(run: FinishedRun) -> Figure:
    """The value of each free parameter after every accepted step; of many, those that moved farthest.

    The band is one standard error to both sides of the end, dashed lines are bounds within sight.

    Raises:
        Unsuitable: the run has no two accepted iterations.
    """
    events = [each for each in run.events if each.get("accepted", True) and each.get("theta")]
    if len(events) < 2:
        raise Unsuitable(f"{run.path}: events.jsonl has no two accepted iterations to draw a path between.")
    values = np.array([each["theta"] for each in events], dtype=np.float64)
    chosen = farthest(values)
    columns = 2 if len(chosen) == 4 else min(len(chosen), 3)
    rows = -(-len(chosen) // columns)
    figure, grid = panels(rows, columns, PAGE * columns / 3, 0.4 + 1.45 * rows, sharex=True)
    steps = [each["iteration"] for each in events]
    flat = [axes for row in grid for axes in row]
    for axes, k in zip(flat, chosen, strict=False):
        _draw(axes, steps, values[:, k], run.free[k], run.labels[k])
    for k, axes in enumerate(flat):
        axes.set_visible(k < len(chosen))
        if k < len(chosen) <= k + columns:
            axes.set_xlabel(run.step)
            axes.tick_params(labelbottom=True)
    if len(chosen) < len(run.free):
        note(figure, f"{len(chosen)} of {len(run.free)} parameters, which moved farthest")
    return figure


def farthest(values: NDArray[np.float64]) -> list[int]:
    """Columns of at most MOST parameters, in their order: those that moved farthest for their size."""
    size = np.abs(values).max(axis=0)
    moved = np.ptp(values, axis=0) / np.where(size > 0.0, size, 1.0)
    return sorted(np.argsort(-moved, kind="stable")[:MOST].tolist())


def _draw(
    axes: Axes, steps: list[int], values: NDArray[np.float64], parameter: FittedParameter, label: str
) -> None:
    end, error = values[-1], parameter.standard_error
    if error:
        axes.axhspan(end - error, end + error, color=BAND, linewidth=0)
    axes.plot(steps, values, color=BLUE, marker="o" if len(steps) <= _MARKED else "")
    axes.margins(y=0.12)
    low, high = _view(values, error or 0.0)
    for bound in (parameter.min, parameter.max):
        if bound is not None and low <= bound <= high:
            axes.axhline(bound, color=INK, linewidth=0.7, linestyle=(0, (4, 3)))
    axes.set_ylim(low, high)
    axes.set_title(with_unit(shortened(label, _TITLE), parameter.unit))
    whole_numbers(axes.xaxis)


def _view(values: NDArray[np.float64], error: float) -> tuple[float, float]:
    """Where all of the path is in sight, and the band of errors unless the path would vanish beside it."""
    low, high = float(values.min()), float(values.max())
    if 2.0 * error < 4.0 * (high - low):
        low, high = min(low, float(values[-1]) - error), max(high, float(values[-1]) + error)
    # Steps that are rounding are not blown up.
    margin = max(0.08 * (high - low), 5e-4 * abs(high)) if high > low else 0.05 * abs(high) or 1.0
    return low - margin, high + margin
