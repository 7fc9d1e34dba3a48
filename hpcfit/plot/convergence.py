"""The loss, and the distance from the minimum, by iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpcfit.plot.run import FinishedRun
from hpcfit.plot.style import BLUE, COLUMN, log_where_wide, panels, whole_numbers
from hpcfit.plot.unsuitable import Unsuitable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: iterations up to which each one has a marker
_MARKED = 60


def draw_convergence(run: FinishedRun) -> Figure:
    """The loss of every iteration; below it the relative offset, of optimizers that tell it.

    Raises:
        Unsuitable: the run has no two iterations.
    """
    events = run.events
    if len(events) < 2:
        raise Unsuitable(f"{run.path}: events.jsonl has no two iterations to draw a path between.")
    offsets = [each for each in events if each.get("relative_offset")]
    count = 2 if len(offsets) > 1 else 1
    figure, rows = panels(count, 1, COLUMN, 1.3 + 1.2 * count, sharex=True)
    words = ("accepted", "rejected") if run.step == "iteration" else ("best so far", "not better")
    _draw(rows[0][0], events, "loss", "loss", words)
    if count == 2:
        _draw(rows[1][0], offsets, "relative_offset", "relative offset", words)
    axes = rows[-1][0]
    axes.set_xlabel(run.step)
    whole_numbers(axes.xaxis)
    if rows[0][0].get_legend_handles_labels()[1] != ["accepted"]:
        rows[0][0].legend(loc="upper right")
    return figure


def _draw(axes: Axes, events: list[dict[str, Any]], key: str, label: str, words: tuple[str, str]) -> None:
    taken = [each for each in events if each.get("accepted", True)]
    marked = len(events) <= _MARKED
    axes.plot(*_points(taken, key), color=BLUE, marker="o" if marked else "", label=words[0])
    refused = [each for each in events if not each.get("accepted", True)]
    if refused and marked:
        axes.plot(
            *_points(refused, key),
            color=BLUE,
            marker="o",
            markerfacecolor="white",
            linestyle="none",
            label=words[1],
        )
    log_where_wide(axes.yaxis, [each[key] for each in events])
    axes.set_ylabel(label)


def _points(events: list[dict[str, Any]], key: str) -> tuple[list[int], list[float]]:
    return [each["iteration"] for each in events], [each[key] for each in events]
