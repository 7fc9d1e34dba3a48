"""The fitted curve with its data and a band of confidence, for models with one input; residuals below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.plot.grid import grid_of, is_logarithmic, one_input
from hpcfit.plot.names import axis_label, plain, short_names
from hpcfit.plot.style import COLUMN, INK, PAGE, legend, panels, series, some
from hpcfit.plot.table_fit import TableFit
from hpcfit.workflow.table.table_data import TableData

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = NDArray[np.float64]
#: of the band
CONFIDENCE = 0.95
#: groups of a picture
MOST = 7
#: rows of a group that are drawn
_ROWS = 20_000
#: letters of an entry of a legend within the axes
_INSIDE = 24
#: and entries
_MOST_INSIDE = 6


def draw_fit(fit: TableFit) -> Figure:
    """Data, curve, and the band that has the curve with 95 % confidence; a column for each output.

    Of many groups the first seven are drawn, each as far as its data go.

    Raises:
        Unsuitable: the model has not one input.
    """
    name = one_input(fit)
    outputs = fit.columns.y
    columns = len(outputs)
    figure, grid = panels(
        2,
        columns,
        COLUMN if columns == 1 else min(PAGE, 3.2 * columns),
        3.5,
        sharex="col",
        height_ratios=(3, 1),
    )
    x = fit.data.columns.numbers[name]
    logarithmic = is_logarithmic(x)
    groups = range(min(len(fit.data.facts.labels), MOST))
    banded = False
    for group in groups:
        look = series(group)
        points = grid_of(_inputs(fit, name, group), logarithmic)
        banded |= _draw_curves(grid[0], fit, points, group, look["color"])
        for data, test in ((fit.data, False), (fit.plan.test_data, True)):
            if data is not None:
                _draw_data(grid, fit, data, name, group, look, test)
    for k in range(columns):
        above, below = grid[0][k], grid[1][k]
        above.set_ylabel(axis_label(outputs[k], fit.unit(outputs[k]), 34))
        below.set_ylabel("data \N{MINUS SIGN} fit")
        below.axhline(0.0, color=INK, linewidth=0.7)
        below.set_xlabel(axis_label(name, fit.unit(name), 42))
        if logarithmic:
            below.set_xscale("log")
        largest = 1.1 * max((abs(each) for each in below.get_ylim()), default=1.0)
        below.set_ylim(-largest, largest)
        below.locator_params(axis="y", nbins=4)
    figure.align_ylabels()
    _explain(figure, grid[0][0], fit, banded)
    return figure


def _inputs(fit: TableFit, name: str, group: int) -> FloatArray:
    """Where the data of a group lie, or all of them where they do not spread."""
    tables = [data for data in (fit.data, fit.plan.test_data) if data is not None]
    own = np.concatenate([data.columns.numbers[name][data.group == group] for data in tables])
    return own if np.ptp(own) > 0.0 else fit.data.columns.numbers[name]


def _draw_curves(row: Any, fit: TableFit, points: FloatArray, group: int, color: str) -> bool:
    """Whether there is a band, too."""
    rows = fit.at(points, group)
    curves, half = fit.predict(rows), fit.half_band(rows, CONFIDENCE)
    for k, axes in enumerate(row):
        if half is not None:
            axes.fill_between(
                points, curves[k] - half[k], curves[k] + half[k], color=color, alpha=0.25, linewidth=0
            )
        axes.plot(points, curves[k], color=color)
    return half is not None and bool(np.isfinite(half).any())


def _draw_data(
    grid: Any, fit: TableFit, data: TableData, name: str, group: int, look: dict[str, Any], test: bool
) -> None:
    own = np.flatnonzero(data.group == group)
    own = own[some(len(own), _ROWS)]
    x, rows = data.columns.numbers[name][own], fit.rows(data)
    predicted = fit.predict(rows)[:, own]
    drawn = {**look, "linestyle": "none", "markerfacecolor": "white" if test else look["color"], "zorder": 3}
    drawn |= {
        "markeredgewidth": 0.7,
        "markersize": 3.5 if len(x) <= 200 else 2.0,
        "rasterized": len(x) > 3000,
    }
    for k, column in enumerate(fit.columns.y):
        y = data.columns.numbers[column][own]
        sigma = fit.sigma(k)
        error = None if sigma is None else data.columns.numbers[sigma][own]
        bars = {**drawn, "yerr": error, "elinewidth": 0.7, "capsize": 0.0}
        grid[0][k].errorbar(x, y, **bars)
        grid[1][k].errorbar(x, y - predicted[k], **bars)


def _explain(figure: Figure, axes: Axes, fit: TableFit, banded: bool) -> None:
    """What points, line and band are, and the groups; above the panels where that is long."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    labels = fit.data.facts.labels
    color = INK if len(labels) > 1 else series(0)["color"]
    entries: list[Any] = []
    if len(labels) > 1:
        for k, label in enumerate(short_names(labels[:MOST], 42)):
            entries.append(Line2D([], [], **series(k), linestyle="-", label=label))
        if len(labels) > MOST:
            entries.append(
                Line2D([], [], linestyle="none", label=f"and {len(labels) - MOST} more, not drawn")
            )
    else:
        entries.append(Line2D([], [], color=color, marker="o", linestyle="none", label="data"))
        entries.append(Line2D([], [], color=color, label="fit"))
    if fit.plan.test_data is not None:
        entries.append(
            Line2D(
                [], [], color=color, marker="o", markerfacecolor="white", linestyle="none", label="held out"
            )
        )
    if banded:
        entries.append(
            Patch(color=color, alpha=0.25, linewidth=0, label=f"{100 * CONFIDENCE:g} % confidence")
        )
    title = fit.job.data.group if len(labels) > 1 else None
    title = title and plain(title)
    if len(entries) > _MOST_INSIDE or max(len(str(each.get_label())) for each in entries) > _INSIDE:
        figure.set_figheight(figure.get_figheight() + 0.17 * (len(entries) + 1))
        legend(figure, entries, loc="outside upper left", title=title, alignment="left")
    else:
        legend(axes, entries, loc="best", title=title)
