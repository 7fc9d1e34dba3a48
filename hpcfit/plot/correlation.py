"""The correlations of the fitted parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.plot.names import short_names
from hpcfit.plot.run import FinishedRun
from hpcfit.plot.squares import draw_squares, explain_signs
from hpcfit.plot.style import COLUMN, PAGE, note, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: parameters up to which numbers stand in the upper half, and parameters of a picture
_NUMBERS, MOST = 12, 40


def draw_correlation(run: FinishedRun) -> Figure:
    """Correlations as squares below the diagonal, and as numbers above it.

    Of more than forty parameters, those with the strongest correlations are drawn.

    Raises:
        Unsuitable: fewer than two parameters have a standard error.
    """
    place, covariance = run.known
    error = np.sqrt(np.diag(covariance))
    matrix = covariance / np.outer(error, error)
    shown = strongest(matrix)
    matrix, place = matrix[np.ix_(shown, shown)], [place[k] for k in shown]
    p = len(matrix)
    numbers = p <= _NUMBERS
    side = COLUMN if p <= 6 else min(PAGE, 1.2 + 0.42 * p)
    figure, grid = panels(1, 1, side, side)
    axes = grid[0][0]
    below = np.tril(np.ones((p, p), dtype=bool))
    draw_squares(axes, matrix, below if numbers else None)
    if numbers:
        for i, j in np.argwhere(~below).tolist():
            axes.text(
                j,
                i,
                f"{matrix[i, j]:.2f}".replace("-", "\N{MINUS SIGN}"),
                ha="center",
                va="center",
                fontsize=7,
            )
    names = short_names([run.labels[k] for k in place], 24)
    size = 7.5 if p <= 20 else 5
    axes.set_xticks(range(p), names, rotation=90 if max(map(len, names)) > 5 else 0, fontsize=size)
    axes.set_yticks(range(p), names, fontsize=size)
    explain_signs(axes, "correlation")
    if p < len(covariance):
        note(figure, f"{p} of {len(covariance)} parameters, with the strongest correlations")
    return figure


def strongest(matrix: NDArray[np.float64]) -> list[int]:
    """At most MOST parameters, in their order: those with the largest correlation to any other."""
    size = np.abs(matrix - np.diag(np.diag(matrix))).max(axis=0)
    return sorted(np.argsort(-size, kind="stable")[:MOST].tolist())
