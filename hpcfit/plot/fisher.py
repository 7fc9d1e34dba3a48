"""The spectrum of the Fisher information: which combinations of parameters the data determine, and how well.

It is that of relative changes of the parameters, F = (D^-1 C D^-1)^-1 with the covariance C and D the values
(the standard error where the value is smaller than that), so that a direction of eigenvalue s is known to
1/sqrt(s) of the values. See Waterfall et al., Phys. Rev. Lett. 97, 150601 (2006) on sloppy spectra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.plot.names import short_names
from hpcfit.plot.run import FinishedRun
from hpcfit.plot.squares import draw_squares, explain_signs
from hpcfit.plot.style import BLUE, COLUMN, INK, PAGE, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: parameters up to which the directions are drawn too
_MOST = 24


def draw_fisher(run: FinishedRun) -> Figure:
    """Eigenvalues, stiff directions on top; beside them what each direction is made of.

    Raises:
        Unsuitable: fewer than two parameters have a standard error.
    """
    place, covariance = run.known
    values = np.abs([run.free[k].value for k in place])
    eigenvalues, vectors = relative_spectrum(covariance, values)
    p = len(eigenvalues)
    if p > _MOST:
        figure, grid = panels(1, 1, COLUMN, 2.8)
        _draw_list(grid[0][0], eigenvalues)
        return figure
    height = 1.1 + 0.26 * max(p, 4)
    cells = 0.26 * max(p, 4)
    figure, grid = panels(1, 2, min(PAGE, 3.0 + cells), height, width_ratios=(2.2, cells), sharey=True)
    _draw_stems(grid[0][0], eigenvalues)
    axes = grid[0][1]
    draw_squares(axes, vectors.T**2 * np.sign(vectors.T), aspect="auto")
    names = short_names([run.labels[k] for k in place], 24)
    axes.set_xticks(range(p), names, rotation=90 if max(map(len, names)) > 3 else 0)
    explain_signs(axes, "share")
    return figure


def relative_spectrum(
    covariance: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eigenvalues of F, falling, shape (p,), and their directions as columns, shape (p, p).

    The largest element of each direction is positive.

    Args:
        covariance: positive semidefinite, with a positive diagonal, shape (p, p).
        values: |value| of each parameter, shape (p,).
    """
    scale = np.maximum(values, np.sqrt(np.diag(covariance)))
    spread, vectors = np.linalg.eigh(covariance / np.outer(scale, scale))
    known = spread > 0.0
    spread, vectors = spread[known], vectors[:, known]
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(len(spread))]
    return 1.0 / spread, vectors * np.sign(largest)


def _draw_stems(axes: Axes, eigenvalues: NDArray[np.float64]) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter

    rows = np.arange(len(eigenvalues))
    axes.set_xscale("log")
    low = float(eigenvalues.min()) / 5.0
    axes.hlines(rows, low, eigenvalues, color=BLUE, linewidth=1.2)
    axes.plot(eigenvalues, rows, color=BLUE, marker="o", linestyle="none", markersize=4.5)
    axes.set_xlim(low, float(eigenvalues.max()) * 3.0)
    axes.set_xlabel("eigenvalue of the Fisher information")
    axes.set_yticks(rows, [str(k + 1) for k in rows])
    axes.set_ylabel("direction, stiff to sloppy")
    above = axes.secondary_xaxis("top", functions=(_precision, _eigenvalue))
    above.set_xlabel("relative uncertainty", color=INK)
    # The root has half as many decades: without numbers between them, there may be none at all.
    decades = float(np.log10(eigenvalues.max() / low)) / 2.0
    above.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < 1.5 else (1.0,), numticks=6))
    above.xaxis.set_major_formatter(lambda share, _: f"{share:g}")
    for axis in (axes.xaxis, above.xaxis):
        axis.set_minor_formatter(NullFormatter())


def _draw_list(axes: Axes, eigenvalues: NDArray[np.float64]) -> None:
    axes.semilogy(range(1, len(eigenvalues) + 1), eigenvalues, color=BLUE, marker="_", linestyle="none")
    axes.set_xlabel("direction, stiff to sloppy")
    axes.set_ylabel("eigenvalue of the Fisher information")


def _precision(eigenvalue: Any) -> Any:
    return np.maximum(eigenvalue, 1e-300) ** -0.5


def _eigenvalue(precision: Any) -> Any:
    return np.maximum(precision, 1e-150) ** -2.0
