"""A potential of the catalogue with random parameters on random structures, and differences of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from awkward import awkward_structures
from numpy.typing import NDArray
from plain_energy import PlainEnergy

from hpcfit.formula.potential import BoundPotential, FormulaPotential
from hpcfit.geometry import Geometry, build_geometry
from hpcfit.kernels import SiteModel, compile_model
from hpcfit.kernels.cutoff import CutoffFormulas
from hpcfit.potentials import POTENTIALS, required_options
from hpcfit.testing.potential.bind import bind
from hpcfit.testing.potential.scale import typical_distance
from hpcfit.testing.potential.subject import Subject

FloatArray = NDArray[np.float64]

#: those that need no options, such as files
NAMES = tuple(name for name, make in POTENTIALS.items() if not required_options(make))
#: those whose kernels for three species every run compiles; they have parameters of every kind
QUICK = ("lennard-jones", "born-mayer-huggins", "coulomb-dsf", "reference-energy")
#: what nobody has published
#: and a shorter range where there are too many bonds for none to be near an end
VALUES = {"reference-energy": {"E0": -3.0}, "sutton-chen": {"rc": 4.6}}
#: splines of fewer coefficients than one would fit
OPTIONS = {"eam-spline": {"knots": 8, "embedding_knots": 7}}
#: where an embedding function of random parameters jumps: where one of these is 1, for atoms of a species
JUMPS = {"eam-zhou": ("rho/(low*rhoe)", "rho/(high*rhoe)")}
#: no density is nearer to a jump than this, relative to it: a step of a value or position does not reach it
_JUMP_GAP = 5e-3
_DRAWS = 100
#: random parameters are published ones changed by up to this part
_CHANGE = 0.04
#: of what is differenced, over the largest of its kind
_ROUNDING = 1e-14
TOLERANCE = 1e-6


def made(name: str) -> FormulaPotential:
    return POTENTIALS[name](**OPTIONS.get(name, {}))


def species_of(name: str, count: int) -> tuple[str, ...]:
    """As many species as asked for, those with published values first."""
    published = [key for key in made(name).materials if "-" not in key]
    return tuple(dict.fromkeys([*published, "Si", "C", "Ge"]))[:count]


@cache
def model_of(name: str, count: int) -> SiteModel:
    bound, values = bind(made(name), species_of(name, count), VALUES.get(name, {}))
    return compile_model([bound], bound.species, range(len(values)), stress=True)


@cache
def distance_of(name: str) -> float:
    return typical_distance(Subject(*bind(made(name), species_of(name, 1), VALUES.get(name, {}))))


class DrawnPotential:
    """One potential, values of its parameters, and one structure of each awkward shape.

    Attributes:
        free: (V,) whether a value may be moved either way.
        sizes: (V,) what its steps are relative to.
        columns, rows: derivatives by the values and predictions, as the kernel gives them.
        parts: for energy, forces and stress the rows of each structure, by its name.
        largest: for each row the largest of its quantity.
    """

    def __init__(self, name: str, count: int, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        bound, values = bind(made(name), species_of(name, count), VALUES.get(name, {}))
        specs = [bound.formula.parameter(each.name) for each in bound.instances]
        lowest = np.array([-np.inf if spec.minimum is None else spec.minimum for spec in specs])
        highest = np.array([np.inf if spec.maximum is None else spec.maximum for spec in specs])
        self.free = (values != lowest) & (values != highest)
        changed = values * (1.0 + self.random.uniform(-_CHANGE, _CHANGE, len(values)))
        self.values = np.where(self.free, changed.clip(lowest, highest), values)
        self.sizes = np.where(self.values == 0.0, 1.0, np.abs(self.values))
        self.labels = [bound.label(each) for each in bound.instances]
        self.model, self.one_species = model_of(name, count), count == 1
        cutoffs = sorted(set(CutoffFormulas([bound]).each(self.values)) - {0.0})
        onsets = sorted(set(_onsets(bound, self.values)) - {0.0})
        # The margin holds the bonds that come within the cutoff where values or positions are moved.
        reach = max(1.02 * self.model.cutoff(self.values), 2.0)
        for _ in range(_DRAWS):
            self.structures = awkward_structures(count, distance_of(name), cutoffs, self.random, onsets)
            self.geometry = build_geometry(self.structures, self.structures.species, reach)
            if not _is_near_a_jump(bound, self.values, self.structures.species, self.geometry):
                break
        else:
            raise AssertionError(f"{name}: too many atoms for no density to be near a jump")
        self.offsets = self.model.prediction_offsets(self.geometry)
        self.columns, self.rows = self.linearized(self.values)
        firsts = list(zip(self.structures.identifier, self.offsets, self.offsets[1:], strict=False))
        self.parts = {
            "energy": [(name, slice(first, first + 1)) for name, first, _ in firsts],
            "forces": [(name, slice(first + 1, last - 6)) for name, first, last in firsts],
            "stress": [(name, slice(last - 6, last)) for name, _, last in firsts],
        }
        self.largest = np.empty_like(self.rows)
        for part in self.parts.values():
            largest = max(np.abs(self.rows[rows]).max() for _, rows in part)
            for _, rows in part:
                self.largest[rows] = largest

    def linearized(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Columns and rows at other values."""
        table = self.model.predict_jacobian(self.geometry, 0, len(self.geometry), values)
        return table[:, :-1], table[:, -1]

    def predicted(self, values: FloatArray, geometry: Geometry | None = None) -> FloatArray:
        """By the kernel without derivatives for one species, by the one with them for several."""
        bonds = geometry or self.geometry
        if self.one_species:
            return self.model.predict(bonds, values)
        return self.model.predict_jacobian(bonds, 0, len(bonds), values)[:, -1]

    def energies(self, vector: FloatArray, values: FloatArray | None = None) -> FloatArray:
        """Of each structure (n,), with other bond vectors."""
        bonds = replace(self.geometry, vector=vector, distance=np.linalg.norm(vector, axis=1))
        return self.predicted(self.values if values is None else values, bonds)[self.offsets[:-1]]

    def moved(self, displacement: FloatArray) -> FloatArray:
        """Bond vectors when atoms are moved, displacement (N, 3)."""
        return (
            self.geometry.vector + displacement[self.geometry.neighbor] - displacement[self.geometry.centre]
        )

    def check(
        self, what: str, found: FloatArray, differences: Sequence[FloatArray], noise: Sequence[float]
    ) -> None:
        """Rows like those of predictions against differences, each within a tolerance of the largest.

        Of differences with several steps the nearest counts: what comes upon a kink of the formula with
        one step does not with another. `noise` says how much rounding of the predictions is in each.
        """
        off = np.min(
            [
                np.abs(found - each) - part * _ROUNDING * self.largest
                for each, part in zip(differences, noise, strict=True)
            ],
            axis=0,
        )
        largest = {
            quantity: max(np.abs(found[rows]).max() for _, rows in parts)
            for quantity, parts in self.parts.items()
        }
        for quantity, parts in self.parts.items():
            for name, rows in parts:
                scale = max(np.abs(found[rows]).max(), 1e-3 * largest[quantity])
                message = f"{what}: the {quantity} of {name} is off by {off[rows].max():.3g} of {scale:.3g}"
                assert off[rows].max() <= TOLERANCE * scale, message


def _onsets(bound: BoundPotential, values: FloatArray) -> list[float]:
    """Where switches begin to end a term."""
    onset, pair = dict(bound.formula.let).get("onset"), bound.formula.pair
    if onset is None or pair is None:
        return []
    begun = replace(bound.formula, pair=replace(pair, cutoff=onset))
    return CutoffFormulas([BoundPotential(begun, bound.species)]).each(values)


def _is_near_a_jump(
    bound: BoundPotential, values: FloatArray, species: NDArray[np.int32], geometry: Geometry
) -> bool:
    """Whether some atom has a density close to where its embedding function jumps."""
    plain = PlainEnergy(bound, values)
    for text in JUMPS.get(bound.formula.name, ()):
        for atom, kind in enumerate(species):
            bonds = np.flatnonzero(geometry.centre == atom)
            others = [bound.species[species[each]] for each in geometry.neighbor[bonds]]
            centre, r = bound.species[kind], list(map(float, geometry.distance[bonds]))
            (density,) = bound.formula.densities
            rho = plain.density(density, centre, others, r, geometry.vector[bonds])
            if abs(plain.term("embedding", text, (centre,), rho) - 1.0) < _JUMP_GAP:
                return True
    return False


def first_difference(function: Callable[[float], FloatArray], h: float) -> FloatArray:
    """The derivative at 0, to the fourth order of h."""
    return (8 * (function(h) - function(-h)) - (function(2 * h) - function(-2 * h))) / (12 * h)


def second_difference(function: Callable[[float], FloatArray], h: float) -> FloatArray:
    """The second derivative at 0, to the fourth order of h."""
    near, far = function(h) + function(-h), function(2 * h) + function(-2 * h)
    return (16 * near - far - 30 * function(0.0)) / (12 * h**2)


def mixed_difference(function: Callable[[float, float], FloatArray], h: float) -> FloatArray:
    """The mixed second derivative of a function of two numbers at 0, to the fourth order of h."""

    def plain(h: float) -> FloatArray:
        same, other = function(h, h) + function(-h, -h), function(h, -h) + function(-h, h)
        return (same - other) / (4 * h**2)

    return (4 * plain(h) - plain(2 * h)) / 3
