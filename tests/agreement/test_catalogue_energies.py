"""The catalogue's formulas, evaluated bond by bond as they are written, give LAMMPS's energies.

No kernel takes part: this holds the formulas, the keys of parameters and the neighbour lists
to the reference, so that a kernel that disagrees is the kernel's fault.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hpcfit.formula.check import CheckedExpression, check_expression
from hpcfit.formula.interpret import float_value
from hpcfit.formula.potential import BoundPotential, FormulaPotential, Instance
from hpcfit.geometry import Geometry, build_geometry
from hpcfit.potentials import POTENTIALS

ORACLE = Path(__file__).resolve().parents[2].parent / "shared" / "oracle"


@dataclass
class OneStructure:
    identifier: tuple[str, ...]
    first_atom: Any
    position: Any
    cell: Any
    pbc: Any


class PlainEnergy:
    """The energy of a structure, term by term in plain Python."""

    def __init__(self, bound: BoundPotential, values: Mapping[Instance, float]) -> None:
        self.bound = bound
        self.values = values
        self.names = bound.formula.written_names
        self.read: dict[tuple[str, tuple[str, ...]], CheckedExpression] = {}

    def term(self, term: str, text: str, atoms: tuple[str, ...], variables: Mapping[str, float]) -> float:
        values = dict(variables)
        for written, name in self.names(term, False).items():  # type: ignore[arg-type]
            key = name.key(atoms)
            values[written] = self.values[self.bound.instance(name.parameter, key)]
        for name, let in self.bound.formula.let:
            values[name] = self.evaluate(let, values)
        return self.evaluate(text, values)

    def evaluate(self, text: str, values: Mapping[str, float]) -> float:
        key = (text, tuple(values))
        if key not in self.read:
            self.read[key] = check_expression(text, values, "formula")
        checked = self.read[key]
        return float_value(checked.source, checked.tree, values)

    def __call__(self, geometry: Geometry, symbols: list[str]) -> float:
        formula = self.bound.formula
        energy = 0.0
        for i, centre in enumerate(symbols):
            bonds = range(geometry.first_bond[i], geometry.first_bond[i + 1])
            species = [symbols[geometry.neighbor[b]] for b in bonds]
            r = [float(geometry.distance[b]) for b in bonds]
            unit = geometry.vector[bonds.start : bonds.stop] / np.array(r)[:, None]
            if formula.pair is not None:
                for x, other in enumerate(species):
                    cutoff = self.term("pair", formula.pair.cutoff or "", (centre, other), {})
                    if r[x] < cutoff:
                        energy += 0.5 * self.term(
                            "pair", formula.pair.expression, (centre, other), {"r": r[x]}
                        )
            if formula.triplet is not None:
                cutoffs = [self.term("pair", formula.triplet.cutoff or "", (centre, b), {}) for b in species]
                for x, y in combinations([x for x in range(len(r)) if r[x] < cutoffs[x]], 2):
                    angle = {"r1": r[x], "r2": r[y], "costheta": float(unit[x] @ unit[y])}
                    atoms = (centre, species[x], species[y])
                    energy += self.term("triplet", formula.triplet.expression, atoms, angle)
        return energy


def pair_values(bound: BoundPotential, pairs: Mapping[str, Mapping[str, float]]) -> dict[Instance, float]:
    """Values from LAMMPS's pair coefficients, of which the names differ a little."""
    names = {"D": "D0", "rc": "cutoff"}
    return {
        instance: pairs["-".join(instance.key)][names.get(instance.name, instance.name)]
        for instance in bound.instances
    }


def stillinger_weber_values(
    bound: BoundPotential, entries: Mapping[str, Mapping[str, float]]
) -> dict[Instance, float]:
    """Values from a LAMMPS sw file; its epsilon_ijk is not the geometric mean, lambda takes the rest."""
    values: dict[Instance, float] = {}
    for instance in bound.instances:
        centre, first, last = (*instance.key, instance.key[-1])[:3]
        entry = entries[f"{centre}-{first}-{last}"]
        values[instance] = entry[instance.name]
        if instance.name == "lambda":
            bonds = [entries[f"{centre}-{other}-{other}"]["epsilon"] for other in (first, last)]
            values[instance] *= entry["epsilon"] / sqrt(bonds[0] * bonds[1])
    return values


@pytest.mark.parametrize(
    ("folder", "potential"),
    [
        ("lj_cut", POTENTIALS["lennard-jones"](truncation="none")),
        ("lj_cut_mix", POTENTIALS["lennard-jones"](truncation="none")),
        ("lj_cut_shift", POTENTIALS["lennard-jones"](truncation="shift")),
        ("lj_smooth_linear", POTENTIALS["lennard-jones"](truncation="force-shift")),
        ("morse", POTENTIALS["morse"](truncation="none")),
        ("morse_shift_2sp", POTENTIALS["morse"](truncation="shift")),
        ("morse_smooth_linear", POTENTIALS["morse"](truncation="force-shift")),
        ("sw", POTENTIALS["stillinger-weber"]()),
        ("sw_2sp", POTENTIALS["stillinger-weber"]()),
    ],
)
def test_energies_are_those_of_lammps(folder: str, potential: FormulaPotential) -> None:
    ase_io = pytest.importorskip("ase.io", reason="needs ASE")
    if not (ORACLE / folder).exists():
        pytest.skip(f"no reference data at {ORACLE / folder}")
    reference = json.loads((ORACLE / folder / "params.json").read_text())
    bound = BoundPotential(potential, tuple(reference["species"]))
    parameters = reference["parameters"]
    if "triplets" in parameters:
        values = stillinger_weber_values(bound, parameters["triplets"])
    else:
        values = pair_values(bound, parameters["pairs"])
    energy = PlainEnergy(bound, values)
    for atoms in ase_io.read(ORACLE / folder / "structures.extxyz", index=":"):
        structure = OneStructure(
            (atoms.info["name"],),
            np.array([0, len(atoms)]),
            atoms.positions,
            np.array(atoms.cell)[None],
            atoms.pbc[None],
        )
        geometry = build_geometry(structure, np.zeros(len(atoms), np.int32), reference["cutoff"])
        expected = atoms.get_potential_energy()
        assert energy(geometry, atoms.get_chemical_symbols()) == pytest.approx(expected, rel=1e-10, abs=1e-11)


@pytest.mark.parametrize(("truncation", "smooth"), [("shift", False), ("smooth", True)])
@pytest.mark.parametrize("given", [{}, {"rc": 8.0, "ro": 6.5}])
def test_lennard_jones_is_that_of_ase(truncation: str, smooth: bool, given: Mapping[str, float]) -> None:
    build = pytest.importorskip("ase.build", reason="needs ASE")
    from ase.calculators.lj import LennardJones

    bound = BoundPotential(POTENTIALS["lennard-jones"](truncation=truncation), ("Ar",))
    numbers = {"epsilon": 0.0104, "sigma": 3.4, **given}
    values = {i: numbers.get(i.name, bound.default(i) or 0.0) for i in bound.instances}
    cutoff = given.get("rc", 3 * 3.4)
    crystal = build.bulk("Ar", "fcc", a=5.2, cubic=True)
    cluster = crystal.repeat(2)
    cluster.pbc, cluster.cell = False, None
    for atoms in (crystal, cluster):
        atoms.rattle(0.2, seed=3)
        structure = OneStructure(
            ("argon",),
            np.array([0, len(atoms)]),
            atoms.positions,
            np.array(atoms.cell)[None],
            atoms.pbc[None],
        )
        geometry = build_geometry(structure, np.zeros(len(atoms), np.int32), cutoff)
        atoms.calc = LennardJones(smooth=smooth, **numbers)
        energy = PlainEnergy(bound, values)(geometry, atoms.get_chemical_symbols())
        assert energy == pytest.approx(atoms.get_potential_energy(), rel=1e-12)
