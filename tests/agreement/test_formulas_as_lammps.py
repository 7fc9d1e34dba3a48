"""Formulas as a job would give them, against energies, forces and stresses computed by LAMMPS."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from written_potential import written_potential

from hpcfit.formula.potential import BoundPotential, Term
from hpcfit.geometry import build_geometry
from hpcfit.kernels import compile_model

ORACLE = Path(__file__).resolve().parents[2].parent / "shared" / "oracle"
PAIRS: Mapping[str, tuple[str, ...]] = {
    "lj_cut": ("4*epsilon*((sigma/r)**12 - (sigma/r)**6)", "epsilon", "sigma"),
    "lj_cut_mix": ("4*epsilon*((sigma/r)**12 - (sigma/r)**6)", "epsilon", "sigma"),
    "lj_cut_shift": (
        "4*epsilon*((sigma/r)**12 - (sigma/r)**6 - (sigma/cutoff)**12 + (sigma/cutoff)**6)",
        "epsilon",
        "sigma",
    ),
    "lj96_cut": ("4*epsilon*((sigma/r)**9 - (sigma/r)**6)", "epsilon", "sigma"),
    "morse": ("D0*(exp(-2*alpha*(r - r0)) - 2*exp(-alpha*(r - r0)))", "D0", "alpha", "r0"),
    "morse_shift_2sp": (
        "D0*(exp(-2*alpha*(r - r0)) - 2*exp(-alpha*(r - r0))"
        " - exp(-2*alpha*(cutoff - r0)) + 2*exp(-alpha*(cutoff - r0)))",
        "D0",
        "alpha",
        "r0",
    ),
    "buck": ("A*exp(-r/rho) - C/r**6", "A", "rho", "C"),
    "buck_shift": ("A*exp(-r/rho) - C/r**6 - A*exp(-cutoff/rho) + C/cutoff**6", "A", "rho", "C"),
    "born": ("A*exp((sigma - r)/rho) - C/r**6 + D/r**8", "A", "rho", "sigma", "C", "D"),
    "gauss": ("-A*exp(-B*r**2)", "A", "B"),
    "mie_cut": (
        "gammaR/(gammaR - gammaA)*(gammaR/gammaA)**(gammaA/(gammaR - gammaA))"
        "*epsilon*((sigma/r)**gammaR - (sigma/r)**gammaA)",
        "gammaR",
        "gammaA",
        "epsilon",
        "sigma",
    ),
    "nm_cut": ("E0/(n - m)*(m*(r0/r)**n - n*(r0/r)**m)", "E0", "n", "m", "r0"),
    "yukawa": ("A*exp(-0.41*r)/r", "A"),
}
#: the charge constant is the one of LAMMPS
VASHISHTA = """
H/r**eta + 14.399645*Zi*Zj*exp(-r/lambda1)/r - D*exp(-r/lambda4)/r**4 - W/r**6 - shift - (r - rc)*slope
"""
SW_TRIPLET = "lambda*epsilon*(costheta - costheta0)**2*exp(g1*s1/(r1 - a1*s1) + g2*s2/(r2 - a2*s2))"


@dataclass
class Block:
    identifier: tuple[str, ...]
    first_atom: Any
    position: Any
    cell: Any
    pbc: Any


def check(folder: str, potential: BoundPotential, values: NDArray[np.float64]) -> None:
    """Compare with every structure of an oracle folder at the tolerances that it recommends."""
    ase_io = pytest.importorskip("ase.io")
    structures = ase_io.read(ORACLE / folder / "structures.extxyz", index=":")
    block = Block(
        tuple(str(atoms.info["name"]) for atoms in structures),
        np.cumsum([0, *map(len, structures)]),
        np.concatenate([atoms.positions for atoms in structures]),
        np.array([atoms.cell[:] for atoms in structures]),
        np.array([atoms.pbc for atoms in structures]),
    )
    elements = list(potential.species)
    species = np.array(
        [elements.index(name) for atoms in structures for name in atoms.get_chemical_symbols()],
        dtype=np.int32,
    )
    model = compile_model([potential], elements, [], True)
    geometry = build_geometry(block, species, model.cutoff(values))
    predicted = model.predict(geometry, values)
    offsets = model.prediction_offsets(geometry)
    for k, atoms in enumerate(structures):
        rows = predicted[offsets[k] : offsets[k + 1]]
        force, stress = atoms.get_forces(), atoms.get_stress()
        assert rows[0] == pytest.approx(atoms.get_potential_energy(), rel=1e-10, abs=1e-12), block.identifier[
            k
        ]
        np.testing.assert_allclose(
            rows[1:-6].reshape(-1, 3), force, rtol=0, atol=1e-9 * max(1, np.abs(force).max())
        )
        np.testing.assert_allclose(rows[-6:], stress, rtol=0, atol=1e-9 * max(1, np.abs(stress).max()))


def parameters(folder: str) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    if not ORACLE.exists():
        pytest.skip("no ../shared/oracle beside the repository")
    found = json.loads((ORACLE / folder / "params.json").read_text())
    return found["parameters"], tuple(found["species"])


def bound(
    species: tuple[str, ...], number: Callable[[str, tuple[str, ...]], float], **texts: Any
) -> tuple[BoundPotential, NDArray[np.float64]]:
    potential = BoundPotential(written_potential(where="potential", **texts), species)
    return potential, np.array([number(item.name, item.key) for item in potential.instances], dtype=float)


@pytest.mark.parametrize("folder", PAIRS)
def test_pair_formulas(folder: str) -> None:
    found, species = parameters(folder)
    pairs = found["pairs"]

    def number(name: str, key: tuple[str, ...]) -> float:
        entry = pairs.get("-".join(key)) or pairs["-".join(reversed(key))]
        return float(entry[name])

    text, *names = PAIRS[folder]
    kinds = dict.fromkeys([*names, "cutoff"], "pair")
    check(folder, *bound(species, number, kinds=kinds, pair=text, cutoff="cutoff"))


def of_triplets(
    found: Mapping[str, Any], rename: Mapping[str, str]
) -> Callable[[str, tuple[str, ...]], float]:
    def number(name: str, key: tuple[str, ...]) -> float:
        entry = found["triplets"]["-".join(key if len(key) == 3 else (key[0], key[1], key[1]))]
        return float(entry[rename.get(name, name)])

    return number


@pytest.mark.parametrize("folder", ["sw", "sw_2sp"])
def test_stillinger_weber(folder: str) -> None:
    found, species = parameters(folder)
    rename = {"g": "gamma", "s": "sigma", "e": "epsilon"}
    potential = bound(
        species,
        of_triplets(found, rename),
        kinds={
            **dict.fromkeys(("A", "B", "p", "q", "a", "s", "g", "e"), "pair"),
            **dict.fromkeys(("lambda", "epsilon", "costheta0"), "triplet"),
        },
        pair="A*e*(B*(s/r)**p - (s/r)**q)*exp(s/(r - a*s))",
        triplet=SW_TRIPLET,
        cutoff="a*s",
    )
    check(folder, *potential)


def test_vashishta_pairs_shifted_in_value_and_slope_with_triplets_that_end_earlier() -> None:
    found, species = parameters("vashishta")
    pair_names = ("H", "eta", "Zi", "Zj", "lambda1", "D", "lambda4", "W", "rc", "gamma", "r0")
    kinds = {**dict.fromkeys(pair_names, "pair"), **dict.fromkeys(("B", "C", "costheta0"), "triplet")}
    at_cutoff = VASHISHTA.strip().partition(" - shift")[0].replace("(-r/", "(-rc/").replace("r**", "rc**")
    shift = at_cutoff.replace(")/r ", ")/rc ")
    slope = (
        "-eta*H/rc**(eta + 1) - 14.399645*Zi*Zj*exp(-rc/lambda1)*(1/rc + 1/lambda1)/rc"
        " + D*exp(-rc/lambda4)*(4/rc + 1/lambda4)/rc**4 + 6*W/rc**7"
    )
    potential, values = bound(
        species,
        of_triplets(found, {}),
        kinds=kinds,
        pair=VASHISHTA.strip(),
        triplet="B*(costheta - costheta0)**2/(1 + C*(costheta - costheta0)**2)"
        "*exp(gamma1/(r1 - r01) + gamma2/(r2 - r02))",
        let={"shift": shift, "slope": slope},
        cutoff="rc",
    )
    formula = potential.formula
    assert formula.triplet is not None
    formula = replace(formula, triplet=Term(formula.triplet.expression, "r0"))
    check("vashishta", BoundPotential(formula, species), values)
