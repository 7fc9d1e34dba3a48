"""A fit of embedded-atom copper by splines of 60 coefficients, with local support and without it.

    python jobs/benchmarks/splines.py                    # structures computed by the potential gupta
    python jobs/benchmarks/splines.py --data copper.h5   # data of your own, of copper

Evaluations and seconds of the whole fit, which starts from eam-zhou; seconds of the processor that one
linearization takes in kernels and in all, least of several; peak memory. Each variant is a process.
Without local support every coefficient counts for every bond, as parameters of other formulas do.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from kernels import FCC

import hpcfit
from hpcfit.data import Configuration, Dataset, configuration, write_dataset
from hpcfit.data.inspection import inspect_dataset
from hpcfit.kernels import spline_plan
from hpcfit.parallel.world import world
from hpcfit.use import open_potential
from hpcfit.workflow.plan import make_plan
from hpcfit.workflow.prepare import prepare

VARIANTS = ("local support", "every coefficient")
KNOTS, CUTOFF = 22, 5.5
KNOWN = """
[data]
train = "copper.h5"
[[potential]]
name = "gupta"
species = ["Cu"]
"""
#: Three coefficients are held, which the energy does not determine: the unit of densities, straight lines in
#: the embedding, and the energy of an atom alone.
JOB = """
[data]
train = "{train}"
[targets.reference_energies]
Cu = "fit"
[[potential]]
name = "eam-spline"
species = ["Cu"]
knots = {knots}
r_min = {r_min}
r_max = {r_max}
embedding_knots = 20
rho_max = 40
[potential.parameters]
phi = {{ smoothness = 1 }}
f = {{ smoothness = 1 }}
F = {{ smoothness = 10 }}
f_3 = {{ fixed = true }}
F_0 = {{ fixed = true }}
F_10 = {{ fixed = true }}
[weights]
energy = 100
forces = 10
[residual.data]
normalize_by_natoms = "energy"
[run]
folder = "run"
"""


def crystals() -> list[Configuration]:
    """Copper of several volumes, cold and hot: whole, with a vacancy, and with surfaces."""
    generator = np.random.default_rng(1)
    corners = np.stack(np.meshgrid(*[np.arange(2)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    sites = (corners + FCC).reshape(-1, 3)
    made: list[Configuration] = []
    for lattice in np.linspace(3.4, 3.9, 6):
        for rattle in (0.02, 0.06, 0.12):
            for own, height in ((sites, 2.0), (sites[1:], 2.0), (sites, 4.0)):
                positions = lattice * own + generator.normal(scale=rattle, size=own.shape)
                cell = lattice * np.diag([2.0, 2.0, height])
                made.append(configuration(str(len(made)), [29] * len(own), positions, cell=cell, pbc=True))
    return made


def write_data(folder: Path) -> Path:
    """A dataset with energies and forces of a known potential."""
    (folder / "known.toml").write_text(KNOWN)
    structures, path = crystals(), folder / "copper.h5"
    found = open_potential(folder / "known.toml").evaluate(structures)
    labelled = [
        configuration(s.identifier, s.numbers, s.positions, cell=s.cell, pbc=True, energy=energy, forces=f)
        for s, energy, f in zip(structures, found.energy, found.forces, strict=True)
    ]
    write_dataset(path, labelled)
    return path


def write_job(folder: Path, data: Path) -> Path:
    """The job, its first knot two below the smallest distance of the data."""
    with Dataset.open(data) as dataset:
        shortest = inspect_dataset(dataset, 4.0).smallest_distance
    assert shortest is not None
    r_min = ((KNOTS - 1) * shortest - 2 * CUTOFF) / (KNOTS - 3)
    job = folder / "job.toml"
    job.write_text(JOB.format(train=data.resolve(), knots=KNOTS, r_min=round(r_min, 3), r_max=CUTOFF))
    return job


def measure(job: Path, repeat: int) -> dict[str, Any]:
    """Figures of one variant, in this process."""
    prepared = prepare(world(), make_plan(world(), job))
    objective, theta = prepared.objective, prepared.model.parameters.start
    objective.linearize(theta)
    whole = kernels = np.inf
    for _ in range(repeat):
        folded, begin = objective.folding_seconds, time.process_time()
        objective.linearize(theta)
        seconds = time.process_time() - begin
        whole = min(whole, seconds)
        kernels = min(kernels, seconds - (objective.folding_seconds - folded))
    objective.release()
    fit = hpcfit.run(job, restart=True, progress=False)
    return {
        "data": f"{len(prepared.share.block)} configurations, {prepared.share.block.first_atom[-1]} atoms",
        "parameters": len(theta),
        "Jacobians": fit.counts.jacobian_evaluations,
        "to a thousandth of the loss": sum(loss > 1.001 * fit.loss for loss in fit.history),
        "loss": fit.loss,
        "rmse": fit.rmse.train,
        "fit, s": fit.timing.optimizer,
        "kernels, ms": 1e3 * kernels,
        "linearization, ms": 1e3 * whole,
        "peak, MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def in_own_process(variant: str, job: Path, repeat: int) -> dict[str, Any]:
    """Measured twice, so that compiling counts for nothing."""
    command = [sys.executable, __file__, "--variant", variant, "--job", str(job), "--repeat", str(repeat)]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, help="a dataset of copper")
    parser.add_argument("--repeat", type=int, default=30)
    parser.add_argument("--variant", choices=VARIANTS, help=argparse.SUPPRESS)
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.variant:
        if given.variant != VARIANTS[0]:
            spline_plan.local_splines = lambda *_: []
        print(json.dumps(measure(given.job, given.repeat)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        job = write_job(folder, given.data or write_data(folder))
        for variant in VARIANTS:
            print(variant)
            for label, figure in in_own_process(variant, job, given.repeat).items():
                print(f"  {label:30} {figure:.6g}" if isinstance(figure, float) else f"  {label:30} {figure}")


if __name__ == "__main__":
    main()
