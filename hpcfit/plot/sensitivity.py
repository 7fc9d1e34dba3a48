"""How predictions change with the parameters, along the input of a model that has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.plot.grid import grid_of, is_logarithmic, one_input
from hpcfit.plot.names import axis_label, plain, short_names, shortened, unit_text
from hpcfit.plot.style import COLOURS, COLUMN, INK, LINES, PAGE, legend, note, panels
from hpcfit.plot.table_fit import TableFit
from hpcfit.plot.unsuitable import Unsuitable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FloatArray = NDArray[np.float64]
#: curves of a panel, and groups of a picture
_CURVES, _GROUPS = 10, 3
#: letters of an entry of a legend beside the panels
_BESIDE = 16


def draw_sensitivity(fit: TableFit) -> Figure:
    """theta dy/dtheta for each parameter: what y changes by, per relative change of the parameter.

    A row for each output, a column for each of the first groups; of many parameters those that matter most.

    Raises:
        Unsuitable: the model has not one input, or nothing depends on a parameter.
    """
    name = one_input(fit)
    x = fit.data.columns.numbers[name]
    logarithmic = is_logarithmic(x)
    points = grid_of(x, logarithmic)
    groups, outputs = fit.data.facts.labels[:_GROUPS], fit.columns.y
    relative = [relative_sensitivity(fit, points, group) for group in range(len(groups))]
    shown = _largest(relative)
    if not shown:
        raise Unsuitable(f"{fit.name}: no prediction depends on a fitted parameter that is not zero.")
    looks = {k: _look(number) for number, k in enumerate(shown)}
    width = COLUMN + 0.8 if len(groups) == 1 else PAGE
    figure, grid = panels(
        len(outputs), len(groups), width, 0.4 + 2.2 * len(outputs), sharex=True, sharey="row"
    )
    for row, output in enumerate(outputs):
        for column, label in enumerate(groups):
            axes = grid[row][column]
            for k in shown:
                curve = relative[column][k, row]
                if curve.any():
                    axes.plot(points, curve, **looks[k])
            axes.axhline(0.0, color=INK, linewidth=0.5, zorder=0)
            if logarithmic:
                axes.set_xscale("log")
            if row == 0 and len(groups) > 1:
                axes.set_title(plain(shortened(label, 26)))
            if row == len(outputs) - 1:
                axes.set_xlabel(axis_label(name, fit.unit(name), 44 if len(groups) == 1 else 24))
        grid[row][0].set_ylabel(_axis(output, fit.unit(output)))
    _explain(figure, fit, looks)
    if len(groups) < len(fit.data.facts.labels):
        note(figure, f"the first {len(groups)} of {len(fit.data.facts.labels)} groups")
    return figure


def relative_sensitivity(fit: TableFit, points: FloatArray, group: int) -> FloatArray:
    """theta dy/dtheta by the values of the free parameters, shape (p, outputs, n)."""
    values = fit.model.parameters.free_values(fit.theta)
    return fit.slopes(fit.at(points, group)) * values[:, np.newaxis, np.newaxis]


def _largest(relative: list[FloatArray]) -> list[int]:
    """Parameters with an influence, in their order; the largest where they are many."""
    size = np.max([np.abs(each).max(axis=(1, 2)) for each in relative], axis=0)
    chosen = np.argsort(-size, kind="stable")[:_CURVES].tolist()
    return sorted(k for k in chosen if size[k] > 0.0)


def _look(number: int) -> dict[str, Any]:
    return {"color": COLOURS[number % 7], "linestyle": LINES[number % len(LINES)]}


def _axis(output: str, unit: str) -> str:
    told = f" ({unit_text(unit)})" if unit else ""
    short = shortened(output, 20)
    between = "\n" if len(short) + len(told) > 20 else ""
    return rf"$\theta\;\partial\,${plain(short)}$\,/\,\partial\theta${between}{told}"


def _explain(figure: Figure, fit: TableFit, looks: dict[int, dict[str, Any]]) -> None:
    """A legend of the parameters, beside the panels or, where names are long, above them."""
    from matplotlib.lines import Line2D

    every = [fit.result.label(q) for q in fit.result.parameters if q.free]
    labels = short_names([every[k] for k in looks], 34)
    entries = [
        Line2D([], [], **look, label=label) for label, look in zip(labels, looks.values(), strict=True)
    ]
    if max(map(len, labels)) <= _BESIDE:
        legend(figure, entries, loc="outside right upper", title=r"$\theta$")
        return
    columns = 2 if figure.get_figwidth() > COLUMN + 1.0 else 1
    figure.set_figheight(figure.get_figheight() + 0.17 * (-(-len(entries) // columns) + 1))
    legend(figure, entries, loc="outside upper left", title=r"$\theta$", ncols=columns, alignment="left")
