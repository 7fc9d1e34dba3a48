"""A picture of the fit: the loss by iteration, and the test set's forces before and after.

    python jobs/silicon-sw/plot.py [--run FOLDER] [--output PICTURE]

Reads what `hpcfit run` left in the run folder. Needs matplotlib (pip install 'hpcfit[plot]').
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from hpcfit.data import Dataset
from hpcfit.geometry import build_geometry
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.problem.groups import species_index
from hpcfit.workflow.model import build_model, model_inputs
from hpcfit.workflow.plan import make_plan

HERE = Path(__file__).resolve().parent
BEFORE, AFTER, INK, GRID = "#8a857b", "#1f5fa8", "#2b2b2b", "#e6e3dd"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=HERE / "run", help="the run folder")
    parser.add_argument("--output", type=Path, default=HERE.parents[1] / "docs/images/silicon-fit.png")
    arguments = parser.parse_args()
    events = [json.loads(line) for line in (arguments.run / "events.jsonl").read_text().splitlines()]
    plt.rcParams.update({"font.size": 9, "axes.edgecolor": INK, "axes.spines.top": False})
    plt.rcParams.update({"axes.spines.right": False, "axes.titlelocation": "left"})
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(9.6, 3.5), layout="constrained", width_ratios=(1.15, 1, 1)
    )
    draw_loss(left, events)
    reference, before, after = test_forces(events[0]["theta"], events[-1]["theta"])
    draw_forces(middle, "published parameters", reference, before, BEFORE)
    draw_forces(right, "fitted parameters", reference, after, AFTER)
    middle.set_ylabel("force, Stillinger-Weber (eV/Å)")
    figure.savefig(arguments.output, dpi=160)
    print(f"wrote {arguments.output}")


def test_forces(*thetas: list[float]) -> list[NDArray[np.float64]]:
    """Force components of the test set (eV/angstrom): the references, then the predictions at each theta."""
    plan = make_plan(SerialCommunicator(), HERE / "job.toml")
    assert plan.test is not None
    model = build_model(plan.resolved, model_inputs(plan.resolved, plan.train.species, {}))
    with Dataset.open(plan.test.path) as dataset:
        block = dataset.read(plan.test.indices)
    found = [block.force.ravel()]
    for theta in thetas:
        values = model.parameters.values(np.array(theta))
        geometry = build_geometry(block, species_index(block, model.species), model.compiled.cutoff(values))
        rows = model.compiled.predict(geometry, values)
        # The first row of every configuration is its energy.
        found.append(np.delete(rows, model.compiled.prediction_offsets(geometry)[:-1]))
    return found


def draw_loss(axes: Axes, events: list[dict[str, float]]) -> None:
    steps = [event["iteration"] for event in events]
    losses = [event["loss"] for event in events]
    axes.semilogy(steps, losses, color=AFTER, linewidth=1.5, marker="o", markersize=4, label="accepted")
    rejected = [k for k, event in enumerate(events) if not event["accepted"]]
    axes.semilogy(
        [steps[k] for k in rejected],
        [losses[k] for k in rejected],
        linestyle="none",
        marker="o",
        markersize=4,
        markerfacecolor="white",
        markeredgecolor=AFTER,
        label="step rejected",
    )
    axes.set_title("Loss by iteration")
    axes.set_xlabel("iteration")
    axes.set_xticks(range(0, int(steps[-1]) + 1, 5))
    axes.set_yticks([4e3, 6e3, 1e4, 2e4, 4e4, 6e4])
    axes.yaxis.set_major_formatter(lambda value, place: f"{value:.0f}")
    axes.yaxis.set_minor_formatter(lambda value, place: "")
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.legend(frameon=False)


def draw_forces(
    axes: Axes, name: str, reference: NDArray[np.float64], prediction: NDArray[np.float64], color: str
) -> None:
    limit = 1.05 * float(np.abs(reference).max())
    error = np.sqrt(np.mean((prediction - reference) ** 2))
    axes.plot(reference, prediction, ".", color=color, markersize=3, markeredgewidth=0)
    axes.plot([-limit, limit], [-limit, limit], color=INK, linewidth=0.8)
    ticks = np.arange(-6, 7, 3)
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=ticks, yticks=ticks, aspect="equal")
    axes.set_title(f"Test set, {name}")
    axes.set_xlabel("force, DFT (eV/Å)")
    axes.text(0.04, 0.95, f"rms error {error:.2f} eV/Å", transform=axes.transAxes, va="top")


if __name__ == "__main__":
    main()
