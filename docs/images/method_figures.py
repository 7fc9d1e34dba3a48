"""The figures of docs/method.md: the site energy, the tree of triangles, the bent step.

    python docs/images/method_figures.py

Needs matplotlib (pip install 'hpcfit[plot]'). What the last two show is computed by hpcfit itself.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Arc, Circle, FancyArrowPatch
from numpy.typing import NDArray

from hpcfit.linalg.merge_order import MergeOrder
from hpcfit.optimize import DenseObjective, GeodesicLMOptions, IterationEvent, minimize

HERE = Path(__file__).resolve().parent
INK, GRID, SOFT = "#2b2b2b", "#c9c5bd", "#8a857b"
BLUE, ORANGE, GREEN = "#1f5fa8", "#c4621b", "#3a7d44"


def main() -> None:
    plt.rcParams.update({"font.size": 10, "text.color": INK, "axes.edgecolor": INK, "svg.hashsalt": "hpcfit"})
    site_energy()
    tree()
    geodesic()


def save(figure: plt.Figure, name: str) -> None:
    """As SVG on white, which reads on light pages and on dark ones."""
    figure.savefig(HERE / f"{name}.svg", metadata={"Date": None}, facecolor="white")
    plt.close(figure)
    print(f"wrote {name}.svg")


def arrow(axes: Axes, start: NDArray[np.float64], end: NDArray[np.float64], color: str, width: float) -> None:
    axes.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=13, color=color, linewidth=width, zorder=4
        )
    )


def site_energy() -> None:
    """An atom, the bonds to its neighbours, and the forces that one bond puts on both its ends."""
    figure, axes = plt.subplots(figsize=(5.2, 3.6), layout="constrained")
    angles = np.deg2rad([20, 95, 170, 235, 315])
    radii = np.array([1.75, 1.5, 1.65, 1.6, 1.8])
    neighbours = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
    centre = np.zeros(2)
    axes.add_patch(Circle(centre, 2.25, fill=False, linestyle=(0, (5, 4)), color=SOFT))
    axes.text(-1.72, 1.78, "cutoff", color=SOFT, ha="right")
    for place, atom in enumerate(neighbours):
        axes.plot(*zip(centre, atom, strict=True), color=GRID, linewidth=1.5, zorder=1)
        axes.add_patch(Circle(atom, 0.2, facecolor="#dfe7f1", edgecolor=BLUE, zorder=3))
        if place < 2:
            arrow(axes, 0.24 * atom / radii[place], atom * (1 - 0.22 / radii[place]), INK, 1.3)
    axes.text(0.95, 0.08, r"$\mathbf{D}_x$", fontsize=12)
    axes.text(-0.5, 0.85, r"$\mathbf{D}_y$", fontsize=12)
    axes.add_patch(Arc(centre, 1.0, 1.0, theta1=20, theta2=95, color=ORANGE, linewidth=1.4))
    axes.text(0.32, 0.5, r"$\cos_{xy}$", color=ORANGE, fontsize=11)
    axes.add_patch(Circle(centre, 0.24, facecolor=BLUE, edgecolor=BLUE, zorder=3))
    axes.text(0, 0, "$i$", color="white", ha="center", va="center", zorder=5, fontsize=12)
    unit = neighbours[0] / radii[0]
    arrow(axes, neighbours[0] + 0.22 * unit, neighbours[0] + 1.0 * unit, GREEN, 2.2)
    arrow(axes, -0.26 * unit, -1.04 * unit, GREEN, 2.2)
    axes.text(2.72, 0.68, r"$-\mathbf{g}_x$", color=GREEN, fontsize=12)
    axes.text(-1.28, -0.17, r"$+\mathbf{g}_x$", color=GREEN, fontsize=12, ha="right")
    axes.set(xlim=(-3.2, 3.7), ylim=(-2.4, 2.4), aspect="equal")
    axes.axis("off")
    save(figure, "site-energy")


def tree() -> None:
    """Eight chunks on three ranks: who merges what."""
    count, bounds, colors = 8, np.array([0, 2, 5, 8]), (BLUE, ORANGE, GREEN)
    order = MergeOrder(count)
    owner = [int(np.searchsorted(bounds, chunk, side="right")) - 1 for chunk in range(count)]
    merged_by = {
        (int(k), int(a)): rank for rank in range(3) for k, a in order.pairs(*bounds[rank : rank + 2])
    }
    figure, axes = plt.subplots(figsize=(8.2, 3.5), layout="constrained")
    at = {chunk: (float(chunk), 0.0, colors[owner[chunk]]) for chunk in range(count)}
    for chunk, (x, y, color) in at.items():
        axes.text(x, y - 0.34, f"chunk {chunk}", ha="center", va="top", color=color)
        triangle(axes, x, y, color)
    for keep, absorb in order.pairs(0, count):
        left, right = at[int(keep)], at.pop(int(absorb))
        color = colors[merged_by.get((int(keep), int(absorb)), 0)]
        remote = (int(keep), int(absorb)) not in merged_by
        x, y = (left[0] + right[0]) / 2, max(left[1], right[1]) + 1.0
        for child in (left, right):
            sent = remote and child[2] != BLUE
            style = "--" if sent else "-"
            axes.plot(
                [child[0], x], [child[1] + 0.27, y - 0.25], style, color=child[2], linewidth=1.6, zorder=0
            )
        triangle(axes, x, y, color)
        at[int(keep)] = (x, y, color)
    for rank in range(3):
        middle = (bounds[rank] + bounds[rank + 1] - 1) / 2
        axes.text(middle, -1.12, f"rank {rank}", ha="center", color=colors[rank], weight="bold")
    x, y, _ = at[0]
    axes.text(x + 0.42, y, "the whole fit", va="center")
    axes.set(xlim=(-0.7, 7.7), ylim=(-1.3, 3.45))
    axes.axis("off")
    save(figure, "tree")


def triangle(axes: Axes, x: float, y: float, color: str) -> None:
    axes.fill(x + np.array([-0.24, 0.24, 0.24]), y + np.array([0.24, 0.24, -0.24]), color=color)


def geodesic() -> None:
    """The steps of Levenberg-Marquardt along a bent valley, straight and with acceleration."""
    figure, panels = plt.subplots(1, 2, figsize=(8.2, 3.5), layout="constrained", sharey=True)
    x, y = np.meshgrid(np.linspace(-1.6, 1.5, 300), np.linspace(-0.8, 2.2, 300))
    cost = 100 * (y - x**2) ** 2 + (1 - x) ** 2
    for axes, bent in zip(panels, (False, True), strict=True):
        path = steps(bent)
        axes.contour(x, y, cost, levels=np.geomspace(0.3, 600, 9), colors=GRID, linewidths=0.9)
        axes.plot(*path.T, "-o", color=BLUE if bent else ORANGE, markersize=4, linewidth=1.4)
        axes.plot(1, 1, "*", color=INK, markersize=11, zorder=5)
        name = "velocity and acceleration" if bent else "velocity alone"
        axes.set_title(f"{name}: {len(path) - 1} accepted steps", loc="left", fontsize=10)
        axes.set_xlabel(r"$\theta_1$")
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel(r"$\theta_2$")
    save(figure, "geodesic")


def steps(acceleration: bool) -> NDArray[np.float64]:
    """The accepted points of a fit of Rosenbrock's function, shape (steps + 1, 2)."""
    objective = DenseObjective(
        lambda t: np.array([10 * (t[1] - t[0] ** 2), 1 - t[0]]),
        lambda t: np.array([[-20 * t[0], 10.0], [-1.0, 0.0]]),
        n_parameters=2,
    )
    seen: list[NDArray[np.float64]] = []

    def note(event: IterationEvent, _state: object) -> bool:
        if event.accepted:
            seen.append(np.array(event.theta))
        return False

    options = GeodesicLMOptions(acceleration=acceleration)
    minimize(objective, np.array([-1.2, 1.0]), options=options, callback=note)
    return np.array(seen)


if __name__ == "__main__":
    main()
