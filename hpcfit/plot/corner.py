"""The parameters as a chain has sampled them: each by itself, and each with each other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.mcmc.chain import CHAIN, read_chain
from hpcfit.plot.names import axis_label, power_of_ten
from hpcfit.plot.run import FinishedRun
from hpcfit.plot.style import BAND, BLUE, COLUMN, INK, ORANGE, PAGE, note, panels
from hpcfit.plot.unsuitable import Unsuitable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = NDArray[np.float64]
#: parameters of a picture
MOST = 8
#: shares of the samples within the contours: those of one and two standard deviations of a normal law
SHARES = (0.865, 0.393)
_BINS = 40
#: width of a letter of a name with what is around the panels, inches
_LETTER = 0.085


@dataclass(frozen=True)
class Sampled:
    """A chain without its burn-in: samples (n, p) of p parameters, and the values of the fit (p,).

    Both are in the units that the names tell, which may have a power of ten.
    """

    names: list[str]
    samples: FloatArray
    fitted: FloatArray


def draw_mcmc(run: FinishedRun) -> Figure:
    """Histograms on the diagonal, contours of 39 % and 87 % below it; orange is the fit.

    Of more than eight parameters, the first eight are drawn.

    Raises:
        Unsuitable: no chain was sampled of this run.
        RunError: the chain cannot be read.
    """
    found = sampled(run)
    p = len(found.names)
    side = _side(p)
    figure, grid = panels(p, p, side, side)
    edges = [_edges(found.samples[:, k], found.fitted[k]) for k in range(p)]
    for i in range(p):
        for j in range(p):
            axes = grid[i][j]
            axes.set_visible(j <= i)
            if j == i:
                _draw_one(axes, found.samples[:, i], float(found.fitted[i]), edges[i])
            elif j < i:
                _draw_two(axes, found, (j, i), (edges[j], edges[i]))
            if j <= i:
                _label(axes, found.names, (j, i), p)
    if p < len(run.free):
        note(figure, f"the first {p} of {len(run.free)} parameters")
    return figure


def sampled(run: FinishedRun) -> Sampled:
    """The chain in the folder `analysis` of a run.

    Raises:
        Unsuitable: there is none, or none that belongs to the result.
    """
    folder = run.path / "analysis"
    report = folder / "mcmc.json"
    if not report.is_file() or not (folder / CHAIN).is_file():
        raise Unsuitable(f"{run.path}: no chain was sampled; do it by `hpcfit analyze {run.path} mcmc`.")
    chain, told = read_chain(folder / CHAIN), json.loads(report.read_text(encoding="utf-8"))
    if told["run"]["loss"] != run.result.loss or len(chain.labels) != len(run.free):
        raise Unsuitable(
            f"{run.path}: its chain is of an earlier run; sample it anew by `hpcfit analyze {run.path} mcmc "
            "--restart`."
        )
    first, last = told["burn_in"] // told["thin"], told["steps"] // told["thin"]
    samples = np.array(chain.samples[first:last])
    samples = samples.reshape(-1, samples.shape[-1])[:, :MOST]
    shown = run.free[:MOST]
    letters = int(_side(len(shown)) / len(shown) / _LETTER)
    powers = [_power(samples[:, k]) for k in range(len(shown))]
    names = [
        axis_label(run.labels[k], power_of_ten(power, q.unit), letters)
        for k, (q, power) in enumerate(zip(shown, powers, strict=True))
    ]
    scale = 10.0 ** np.array(powers)
    return Sampled(names, samples / scale, np.array([q.value for q in shown]) / scale)


def _power(samples: FloatArray) -> int:
    """The power of ten that numbers are divided by: it has no place beside a small axis."""
    size = float(np.abs(samples).max())
    power = int(np.floor(np.log10(size))) if size > 0.0 else 0
    return power if not -3 <= power <= 3 else 0


def _side(p: int) -> float:
    """Of the whole picture, inches."""
    return COLUMN if p <= 2 else min(PAGE, 1.1 + 1.25 * p)


def _edges(samples: FloatArray, fitted: float) -> FloatArray:
    """Bins over all but the outermost samples, with the fit in sight."""
    low, high = np.percentile(samples, [0.1, 99.9])
    low, high = min(low, fitted), max(high, fitted)
    margin = 0.03 * (high - low) or 0.05 * abs(high) or 1.0
    return np.linspace(low - margin, high + margin, _BINS + 1)


def _draw_one(axes: Axes, samples: FloatArray, fitted: float, edges: FloatArray) -> None:
    axes.hist(samples, edges.tolist(), color=BAND, edgecolor="none")
    axes.hist(samples, edges.tolist(), histtype="step", color=INK, linewidth=0.6)
    axes.axvline(fitted, color=ORANGE, linewidth=1.0)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _draw_two(
    axes: Axes, found: Sampled, pair: tuple[int, int], edges: tuple[FloatArray, FloatArray]
) -> None:
    from scipy.ndimage import gaussian_filter

    x, y = pair
    counts, *_ = np.histogram2d(found.samples[:, x], found.samples[:, y], edges)
    smooth = gaussian_filter(counts, 1.0)
    levels = contour_levels(smooth, SHARES)
    middles = [0.5 * (each[:-1] + each[1:]) for each in edges]
    if levels[0] < levels[1] < smooth.max():
        axes.contourf(*middles, smooth.T, levels=[*levels, smooth.max()], colors=["#c6dbec", "#6fa8d0"])
        axes.contour(*middles, smooth.T, levels=levels, colors=[BLUE], linewidths=0.7)
    axes.plot(found.fitted[x], found.fitted[y], color=ORANGE, marker="+", markersize=7, markeredgewidth=1.2)
    axes.set_xlim(edges[0][0], edges[0][-1])
    axes.set_ylim(edges[1][0], edges[1][-1])


def contour_levels(density: FloatArray, shares: tuple[float, ...]) -> list[float]:
    """The densities above which these shares of all samples lie."""
    sorted_down = np.sort(density.ravel())[::-1]
    total = np.cumsum(sorted_down)
    return [float(sorted_down[np.searchsorted(total, share * total[-1])]) for share in shares]


def _label(axes: Axes, names: list[str], pair: tuple[int, int], p: int) -> None:
    """Names and numbers at the left and lower edge of the picture only."""
    x, y = pair
    axes.locator_params(axis="x", nbins=3)
    if y == p - 1:
        axes.set_xlabel(names[x])
        axes.tick_params(axis="x", rotation=45)
    else:
        axes.tick_params(axis="x", labelbottom=False)
    if x < y:
        axes.locator_params(axis="y", nbins=3)
        if x == 0:
            axes.set_ylabel(names[y])
        else:
            axes.tick_params(axis="y", labelleft=False)
