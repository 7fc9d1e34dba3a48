"""Predictions against references, a panel for each target, a colour and marker for each tag or group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hpcfit.plot.comparison import Target
from hpcfit.plot.names import axis_label, short_names, unit_text
from hpcfit.plot.style import INK, legend, panels, series, some

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

#: points beyond which an SVG would be slow to show: they are kept as an image in it
_VECTOR = 3000
#: points of one tag that are drawn
_MOST = 100_000
#: width of a letter of the legend, inches
_LETTER = 0.058


def draw_parity(targets: Sequence[Target]) -> Figure:
    """Points on the dashed line are exact. What was held out has open markers."""
    columns = min(len(targets), 3)
    rows = -(-len(targets) // columns)
    names = list(dict.fromkeys(each.name for target in targets for each in target.series))
    looks = {name: series(k) for k, name in enumerate(names)}
    entries = _entries(targets, looks)
    beside = _LETTER * max((len(str(each.get_label())) for each in entries), default=-6) + 0.35
    width = {1: 3.2, 2: 5.8, 3: 6.1}[columns] + beside
    figure, grid = panels(rows, columns, width, (width - beside) / columns * rows * 1.02 + 0.1)
    flat = [axes for row in grid for axes in row]
    for axes, target in zip(flat, targets, strict=False):
        _draw(axes, target, looks)
    for axes in flat[len(targets) :]:
        axes.set_visible(False)
    # A legend beside the panels: the tags or groups, and what open markers are.
    legend(figure, entries, loc="outside right upper", handletextpad=0.2)
    return figure


def _draw(axes: Axes, target: Target, looks: Mapping[str, Mapping[str, Any]]) -> None:
    points = sum(len(each) for each in target.series)
    size = 14.0 if points <= 300 else 4.0 if points <= 5000 else 1.5
    # Large series first, so that small ones are not hidden.
    for each in sorted(target.series, key=len, reverse=True):
        look, drawn = looks[each.name], some(len(each), _MOST)
        axes.scatter(
            each.reference[drawn],
            each.predicted[drawn],
            s=size,
            marker=look["marker"],
            facecolors="none" if each.test else look["color"],
            edgecolors=look["color"],
            linewidths=0.6 if each.test else 0.0,
            rasterized=points > _VECTOR,
        )
    everything = np.concatenate([part for each in target.series for part in (each.reference, each.predicted)])
    low, high = float(everything.min()), float(everything.max())
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    ends = (low - margin, high + margin)
    axes.plot(ends, ends, color=INK, linewidth=0.7, linestyle=(0, (4, 3)), zorder=0)
    axes.set_xlim(ends)
    axes.set_ylim(ends)
    axes.set_box_aspect(1.0)
    axes.set_xlabel(axis_label(f"reference {target.name}", target.unit, 30))
    axes.set_ylabel(axis_label(f"predicted {target.name}", target.unit, 30))
    axes.locator_params(nbins=4, min_n_ticks=2)
    axes.set_title(errors_text(target), fontsize=7, loc="left")


def errors_text(target: Target) -> str:
    """The root-mean-square error, and that of what was held out."""
    train, test = target.rmse(False), target.rmse(True)
    unit = f" {unit_text(target.unit)}" if target.unit else ""
    lines = [] if train is None else [f"rmse {train:.3g}{unit}"]
    return "\n".join(lines if test is None else [*lines, f"held out {test:.3g}{unit}"])


def _entries(targets: Sequence[Target], looks: Mapping[str, Mapping[str, Any]]) -> list[Line2D]:
    from matplotlib.lines import Line2D

    entries = []
    if len(looks) > 1:
        labels = short_names([name or "(no tag)" for name in looks], 32)
        entries += [
            Line2D([], [], **look, linestyle="none", label=label)
            for label, look in zip(labels, looks.values(), strict=True)
        ]
    if any(each.test for target in targets for each in target.series):
        for label, face in (("fitted", INK), ("held out", "none")):
            entries.append(
                Line2D([], [], color=INK, marker="o", markerfacecolor=face, linestyle="none", label=label)
            )
    return entries
