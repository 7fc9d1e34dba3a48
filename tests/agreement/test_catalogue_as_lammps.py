"""The catalogue against LAMMPS, first without kernels, then with them.

Formulas evaluated bond by bond as they are written hold the catalogue, the keys of parameters
and the neighbour lists to the reference, so that a kernel that disagrees is the kernel's fault.
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
from hpcfit.kernels import compile_model
from hpcfit.potentials import POTENTIALS

ORACLE = Path(__file__).resolve().parents[2].parent / "shared" / "oracle"


@dataclass
class Block:
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


CASES = pytest.mark.parametrize(
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


@dataclass
class Reference:
    """One folder of reference data: the potential with its values, and the structures."""

    bound: BoundPotential
    values: dict[Instance, float]
    cutoff: float
    images: list[Any]

    @classmethod
    def read(cls, folder: str, potential: FormulaPotential) -> Reference:
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
        images = ase_io.read(ORACLE / folder / "structures.extxyz", index=":")
        return cls(bound, values, reference["cutoff"], images)

    def geometry(self, images: list[Any]) -> Geometry:
        block = Block(
            tuple(atoms.info["name"] for atoms in images),
            np.cumsum([0, *map(len, images)]),
            np.concatenate([atoms.positions for atoms in images]),
            np.array([atoms.cell.array for atoms in images]),
            np.array([atoms.pbc for atoms in images]),
        )
        symbols = [symbol for atoms in images for symbol in atoms.get_chemical_symbols()]
        species = np.array([self.bound.species.index(symbol) for symbol in symbols], dtype=np.int32)
        return build_geometry(block, species, self.cutoff)


@CASES
def test_formulas_give_the_energies_of_lammps(folder: str, potential: FormulaPotential) -> None:
    reference = Reference.read(folder, potential)
    energy = PlainEnergy(reference.bound, reference.values)
    for atoms in reference.images:
        found = energy(reference.geometry([atoms]), atoms.get_chemical_symbols())
        assert found == pytest.approx(atoms.get_potential_energy(), rel=1e-10, abs=1e-11)


@CASES
def test_kernels_give_the_energies_forces_and_stress_of_lammps(
    folder: str, potential: FormulaPotential
) -> None:
    reference = Reference.read(folder, potential)
    bound = reference.bound
    model = compile_model([bound], bound.species, [], stress=True)
    values = np.array([reference.values[instance] for instance in bound.instances])
    geometry = reference.geometry(reference.images)
    assert model.cutoff(values) == pytest.approx(reference.cutoff, rel=1e-12)
    predictions, offsets = model.predict(geometry, values), model.prediction_offsets(geometry)
    for index, atoms in enumerate(reference.images):
        rows = predictions[offsets[index] : offsets[index + 1]]
        forces, stress = atoms.get_forces(), atoms.get_stress()
        assert rows[0] == pytest.approx(atoms.get_potential_energy(), rel=1e-10, abs=1e-11)
        scale = max(0.01, np.abs(forces).max())
        np.testing.assert_allclose(rows[1:-6].reshape(-1, 3), forces, rtol=0, atol=1e-10 * scale)
        np.testing.assert_allclose(rows[-6:], stress, rtol=0, atol=1e-10 * max(1.0, np.abs(stress).max()))
