"""Compiled Lennard-Jones gives the energies, forces and stress of ASE's calculator to 1e-12."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import build_geometry
from hpcfit.kernels import compile_model
from hpcfit.potentials import POTENTIALS

ase = pytest.importorskip("ase", reason="needs ASE")


@dataclass
class Block:
    identifier: list[str]
    first_atom: Any
    position: Any
    cell: Any
    pbc: Any


def structures() -> list[Any]:
    """Crystal, cell much shorter than the cutoff, skewed and left-handed cell, slab, cluster, dimer."""
    from ase.build import bulk

    crystal = bulk("Ar", "fcc", a=5.2, cubic=True).repeat((2, 1, 1))
    primitive = bulk("Ar", "fcc", a=5.4)
    skewed = crystal.copy()
    skewed.set_cell(skewed.cell.array @ [[1, 0.3, 0], [0, 1, 0.2], [0.1, 0, -1.1]], scale_atoms=True)
    slab = crystal.copy()
    slab.pbc = [True, True, False]
    cluster = crystal.copy()
    cluster.pbc, cluster.cell = False, None
    dimer = ase.Atoms("Ar2", [[0, 0, 0], [0.5, 1.0, 3.7]])
    unwrapped = crystal.copy()
    unwrapped.positions += np.random.default_rng(4).integers(-3, 4, (8, 3)) @ unwrapped.cell.array
    images = [crystal, primitive, skewed, slab, cluster, dimer, unwrapped]
    for number, atoms in enumerate(images):
        atoms.rattle(0.15, seed=number)
    return images


@pytest.mark.parametrize(("truncation", "smooth"), [("shift", False), ("smooth", True)])
@pytest.mark.parametrize("given", [{}, {"rc": 8.0, "ro": 6.5}], ids=["three-sigma", "given-cutoff"])
def test_energies_forces_and_stress(truncation: str, smooth: bool, given: Mapping[str, float]) -> None:
    from ase.calculators.lj import LennardJones

    bound = BoundPotential(POTENTIALS["lennard-jones"](truncation=truncation), ("Ar",))
    numbers = {"epsilon": 0.0104, "sigma": 3.4, **given}
    values = np.array([numbers.get(i.name, bound.default(i)) for i in bound.instances], dtype=float)
    images = structures()
    block = Block(
        [str(number) for number in range(len(images))],
        np.cumsum([0, *map(len, images)]),
        np.concatenate([atoms.positions for atoms in images]),
        np.array([atoms.cell.array for atoms in images]),
        np.array([atoms.pbc for atoms in images]),
    )
    model = compile_model([bound], ["Ar"], [], stress=True)
    assert model.cutoff(values) == pytest.approx(given.get("rc", 10.2), rel=1e-15)
    geometry = build_geometry(block, np.zeros(len(block.position), np.int32), model.cutoff(values))
    predictions = model.predict(geometry, values)
    offsets = model.prediction_offsets(geometry)
    for index, atoms in enumerate(images):
        atoms.calc = LennardJones(smooth=smooth, **numbers)
        rows = predictions[offsets[index] : offsets[index + 1]]
        forces = rows[1:-6].reshape(-1, 3)
        assert rows[0] == pytest.approx(atoms.get_potential_energy(), rel=1e-12)
        largest = max(np.abs(atoms.get_forces()).max(), 1e-3)
        np.testing.assert_allclose(forces, atoms.get_forces(), rtol=0, atol=1e-12 * max(1.0, largest))
        if atoms.cell.rank == 3:
            np.testing.assert_allclose(rows[-6:], atoms.get_stress(), rtol=0, atol=1e-12)
