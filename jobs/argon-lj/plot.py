"""A picture of the fit by structure: fitted against reference energies, and the errors.

    python jobs/argon-lj/plot.py [--run FOLDER] [--output PICTURE]

Predicts argon.h5 with the parameters in the run folder. Needs matplotlib (pip install 'hpcfit[plot]').
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from hpcfit.data import Dataset
from hpcfit.use import open_potential

HERE = Path(__file__).resolve().parent
INK, GRID = "#2b2b2b", "#e6e3dd"
#: structure: colour, marker, what to call it
STYLES = {
    "fcc": ("#0072b2", "o", "fcc"),
    "hcp": ("#56b4e9", "D", "hcp"),
    "bcc": ("#009e73", "s", "bcc"),
    "diamond": ("#e69f00", "^", "diamond"),
    "sc": ("#d55e00", "v", "simple cubic"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=HERE / "run", help="the run folder")
    parser.add_argument("--output", type=Path, default=HERE.parents[1] / "docs/images/argon-parity.png")
    arguments = parser.parse_args()
    tags, reference, fitted = energies(arguments.run)
    plt.rcParams.update({"font.size": 9, "axes.edgecolor": INK, "axes.spines.top": False})
    plt.rcParams.update({"axes.spines.right": False, "axes.titlelocation": "left"})
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.0, 3.6), layout="constrained")
    low, high = reference.min() - 4.0, reference.max() + 4.0
    left.plot([low, high], [low, high], color=INK, linewidth=0.8, zorder=1)
    right.axhline(0.0, color=INK, linewidth=0.8, zorder=1)
    for structure in STYLES:
        own = tags == structure
        scatter(left, structure, reference[own], fitted[own])
        scatter(right, structure, reference[own], fitted[own] - reference[own])
    error = np.sqrt(np.mean((fitted - reference) ** 2))
    left.set(xlim=(low, high), ylim=(low, high), aspect="equal", title="Energy by structure")
    left.set_ylabel("Lennard-Jones (meV/atom)")
    left.text(0.96, 0.06, f"rms error {error:.2f} meV/atom", transform=left.transAxes, ha="right")
    left.legend(frameon=False, loc="upper left", handletextpad=0.2)
    right.set(title="Error by structure", ylabel="Lennard-Jones - reference (meV/atom)")
    for axes in (left, right):
        axes.set_xlabel("reference, HFDID1 (meV/atom)")
        axes.grid(color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
    figure.savefig(arguments.output, dpi=160)
    print(f"wrote {arguments.output}")


def energies(run: Path) -> tuple[NDArray[np.str_], NDArray[np.float64], NDArray[np.float64]]:
    """Tags, and energies in meV per atom, of the references and of the fit."""
    with Dataset.open(HERE / "argon.h5") as dataset:
        block = dataset.read(0, len(dataset))
    predicted = np.array(open_potential(run).evaluate(block).energy)
    return np.array(block.tag), 1e3 * block.energy / block.natoms, 1e3 * predicted / block.natoms


def scatter(axes: Axes, structure: str, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    color, marker, label = STYLES[structure]
    axes.plot(
        x,
        y,
        linestyle="none",
        marker=marker,
        color=color,
        markersize=5.5,
        markeredgecolor="white",
        markeredgewidth=0.5,
        label=label,
    )


if __name__ == "__main__":
    main()
