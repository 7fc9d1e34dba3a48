"""Reference energies, forces and stresses of another code, and how potentials are held against them.

`FOLDERS` names what tests/agreement/oracle holds. A `Case` says with which potential of hpcfit a folder is
computed; the modules of `oracle_potentials` list them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from written_potential import written_potential

from hpcfit.formula.keys import Key, Kind, key_text
from hpcfit.formula.potential import BoundPotential, FormulaPotential
from hpcfit.geometry import build_geometry
from hpcfit.kernels import SiteModel, compile_model
from hpcfit.potentials import POTENTIALS

FloatArray = NDArray[np.float64]
COPY = Path(__file__).parents[1] / "agreement" / "oracle"
SHARED = Path(__file__).parents[2].parent / "shared" / "oracle"
#: e^2/(4 pi eps0) in eV angstrom as LAMMPS has it in metal units
LAMMPS_COULOMB_CONSTANT = 14.399645
#: for references that are exact to rounding
EXACT = {"energy_rel": 1e-10, "force_rel_to_max": 1e-9, "stress_abs": 1e-10}

#: value of the parameter `name` for a key in canonical order: () , ("Si",), ("Si", "C"), ...
Number = Callable[[str, Key], float]
#: a potential and its values, in the order of its instances
Part = tuple[BoundPotential, FloatArray]


@cache
def _folders() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((COPY / "folders.json").read_text())
    return found


@cache
def _numbers() -> Mapping[str, NDArray[Any]]:
    with np.load(COPY / "numbers.npz") as file:
        return {name: file[name] for name in file.files}


FOLDERS = tuple(_folders())


@dataclass(frozen=True)
class Reference:
    """What another code or an exact formula gives: energy (n,), forces (N, 3), stress (n, 6) or None."""

    kind: str
    energy: FloatArray
    forces: FloatArray | None
    stress: FloatArray | None
    tolerance: Mapping[str, float]


@dataclass(frozen=True)
class Folder:
    """A potential with its values, ten structures in one block, and what they should give."""

    name: str

    @property
    def about(self) -> dict[str, Any]:
        """Contents of params.json."""
        found: dict[str, Any] = _folders()[self.name]
        return found

    @property
    def parameters(self) -> dict[str, Any]:
        found: dict[str, Any] = self.about["parameters"]
        return found

    @property
    def elements(self) -> tuple[str, ...]:
        return tuple(self.about["species"])

    def array(self, name: str) -> NDArray[Any]:
        return _numbers()[f"{self.name}/{name}"]

    # As `build_geometry` asks for structures:

    @property
    def identifier(self) -> tuple[str, ...]:
        return tuple(map(str, self.array("identifier")))

    @cached_property
    def first_atom(self) -> NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(self.array("natoms"), dtype=np.int64)])

    @property
    def position(self) -> FloatArray:
        return self.array("position")

    @property
    def cell(self) -> FloatArray:
        return self.array("cell")

    @property
    def pbc(self) -> NDArray[np.bool_]:
        return self.array("pbc")

    @property
    def species(self) -> NDArray[np.int32]:
        return self.array("species").astype(np.int32)

    @property
    def references(self) -> tuple[Reference, ...]:
        """LAMMPS' numbers, and for some Coulomb potentials those of the formula with an exact erfc."""
        found = []
        for kind, tolerance in (("lammps", self.about["tolerance"]), ("formula", EXACT)):
            names = (f"{self.name}/{kind}_{what}" for what in ("energy", "forces", "stress"))
            energy, forces, stress = (_numbers().get(name) for name in names)
            if energy is not None:
                found.append(Reference(kind, energy, forces, stress, tolerance))
        return tuple(found)

    # Values of parameters:

    def of_pair(self, name: str, key: Key) -> float:
        """parameters.pairs, of either order of the pair; a key of one species stands for its own pair."""
        return self._keyed("pairs", name, key, (key, key[::-1], key * 2))

    def of_triplet(self, name: str, key: Key) -> float:
        """parameters.triplets; of a pair (i, j) the entry (i, j, j), of a species (i, i, i)."""
        return self._keyed("triplets", name, key, ((*key, key[-1], key[-1])[:3],))

    def _keyed(self, table: str, name: str, key: Key, spellings: Iterable[Key]) -> float:
        entries = self.parameters[table]
        for spelling in spellings:
            if key_text(spelling) in entries:
                return float(entries[key_text(spelling)][name])
        raise KeyError(f"{self.name}: no {name} for {key_text(key)}")


@dataclass(frozen=True)
class Case:
    """A folder, what hpcfit computes it with (for people), and the potentials to sum with their values."""

    folder: str
    by: str
    parts: Callable[[Folder], Sequence[Part]]

    def __str__(self) -> str:
        return f"{self.folder}, {self.by}"


def bind(formula: FormulaPotential, species: Sequence[str], number: Number) -> Part:
    """The potential for these species, with the values that `number` gives."""
    bound = BoundPotential(formula, tuple(species))
    return bound, np.array([number(each.name, each.key) for each in bound.instances], dtype=float)


def catalogue(folder: Folder, name: str, number: Number, **options: Any) -> Part:
    """An entry of the catalogue by its name."""
    return bind(POTENTIALS[name](**options), folder.elements, number)


def written(folder: Folder, kinds: Mapping[str, Kind], number: Number, **texts: Any) -> Part:
    """Formulas as a job gives them: pair=, triplet=, cutoff= and so on, as `written_potential` has them."""
    return bind(written_potential("potential", kinds, **texts), folder.elements, number)


def model_of_case(case: Case) -> SiteModel:
    """The sum of a case's potentials."""
    folder = Folder(case.folder)
    return compile_model([bound for bound, _ in case.parts(folder)], folder.elements, [], stress=True)


def misfits(case: Case) -> list[str]:
    """For each reference and quantity that the predictions miss, the structure that is farthest off."""
    folder = Folder(case.folder)
    values = np.concatenate([values for _, values in case.parts(folder)])
    model = model_of_case(case)
    geometry = build_geometry(folder, folder.species, model.cutoff(values))
    rows, offsets = model.predict(geometry, values), model.prediction_offsets(geometry)
    found = []
    for reference in folder.references:
        worst: dict[str, tuple[float, str]] = {}
        for k, (first, last) in enumerate(pairwise(offsets)):
            atoms = slice(folder.first_atom[k], folder.first_atom[k + 1])
            for quantity, deviation, allowed in _deviations(reference, k, atoms, rows[first:last]):
                text = f"{folder.identifier[k]} off by {deviation:.3g}, allowed are {allowed:.3g}"
                if not deviation / allowed <= max(1.0, worst.get(quantity, (0.0, ""))[0]):
                    worst[quantity] = deviation / allowed, text
        found += [f"{case}: {quantity} ({reference.kind}): {text}" for quantity, (_, text) in worst.items()]
    return found


def allowed_energy(reference: Reference, energy: float) -> float:
    """How far another code's energy of a structure may be from this one, eV."""
    tolerance = reference.tolerance
    return tolerance.get("energy_abs", 0.0) + tolerance.get("energy_rel", 0.0) * max(1.0, abs(energy))


def _deviations(reference: Reference, k: int, atoms: slice, rows: FloatArray) -> Iterable[tuple[Any, ...]]:
    """(quantity, largest deviation, what is allowed) of one structure."""
    tolerance = reference.tolerance
    energy = float(reference.energy[k])
    yield "energy", abs(float(rows[0]) - energy), allowed_energy(reference, energy)
    if reference.forces is not None and reference.stress is not None:
        forces = reference.forces[atoms]
        largest = max(0.01, float(np.abs(forces).max()))
        allowed = tolerance.get("force_abs", 0.0) + tolerance.get("force_rel_to_max", 0.0) * largest
        yield "forces", float(np.abs(rows[1:-6].reshape(-1, 3) - forces).max()), allowed
        yield "stress", float(np.abs(rows[-6:] - reference.stress[k]).max()), tolerance["stress_abs"]
