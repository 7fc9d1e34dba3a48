"""The functions of eam-zhou as splines, where fits start: of an element or pair when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.keys import parse_key
from hpcfit.formula.spline_calls import coefficient_name
from hpcfit.formula.spline_shape import SplineShape
from hpcfit.formula.spline_values import SplineValues
from hpcfit.potentials.eam_zhou_published import METALS

FloatArray = NDArray[np.float64]
Function = Callable[[FloatArray], FloatArray]


class ZhouSplines(Mapping[str, Mapping[str, float]]):
    """Coefficients by element ("Cu") and, if one asks for them, by pair ("Cu-Ag").

    Args:
        splines: shapes of phi, f and F.
        by_pairs: densities belong to ordered pairs, the atom that feels it first.
    """

    def __init__(self, splines: Mapping[str, SplineShape], by_pairs: bool) -> None:
        self._splines = splines
        self._by_pairs = by_pairs
        self._found = cache(self._coefficients)

    def __iter__(self) -> Iterator[str]:
        return iter(METALS)

    def __len__(self) -> int:
        return len(METALS)

    def __getitem__(self, key: str) -> Mapping[str, float]:
        species = parse_key(key)
        if not 1 <= len(species) <= 2 or not set(species) <= set(METALS):
            raise KeyError(key)
        return self._found(species)

    def _coefficients(self, species: tuple[str, ...]) -> Mapping[str, float]:
        first, last = species[0], species[-1]
        functions: dict[str, Function] = {"phi": _pair(first, last)}
        if len(species) == 1:
            functions["F"] = _embedding(first)
        if len(species) == 1 or self._by_pairs:
            functions["f"] = _density(last)
        return {
            coefficient_name(name, k): float(value)
            for name, function in functions.items()
            for k, value in enumerate(SplineValues(self._splines[name]).fitted(function))
        }


def _density(species: str) -> Function:
    q = METALS[species]

    def density(r: FloatArray) -> FloatArray:
        x = r / q["re"]
        return np.asarray(q["fe"] * np.exp(-q["beta"] * (x - 1.0)) / (1.0 + (x - q["lambda"]) ** 20))

    return density


def _like_pair(species: str) -> Function:
    q = METALS[species]

    def energy(r: FloatArray) -> FloatArray:
        x = r / q["re"]
        repulsion = q["A"] * np.exp(-q["alpha"] * (x - 1.0)) / (1.0 + (x - q["kappa"]) ** 20)
        attraction = q["B"] * np.exp(-q["beta"] * (x - 1.0)) / (1.0 + (x - q["lambda"]) ** 20)
        return np.asarray(repulsion - attraction)

    return energy


def _pair(first: str, second: str) -> Function:
    """Johnson's mean of the elements' pair energies, with their densities as weights."""
    (f, phi), (g, psi) = ((_density(each), _like_pair(each)) for each in (first, second))
    if first == second:
        return phi
    return lambda r: 0.5 * (g(r) / f(r) * phi(r) + f(r) / g(r) * psi(r))


def _embedding(species: str) -> Function:
    q = METALS[species]
    low, high = q.get("low", 0.85), q.get("high", 1.15)

    def energy(rho: FloatArray) -> FloatArray:
        x, y = rho / (low * q["rhoe"]) - 1.0, rho / q["rhoe"] - 1.0
        small = sum(q[f"Fn{k}"] * x**k for k in range(4))
        middle = sum(q[f"F{k}"] * y**k for k in range(4))
        share = np.maximum(rho, 1e-9) / q["rhos"]
        large = q["Fe"] * (1.0 - q["eta"] * np.log(share)) * share ** q["eta"]
        return np.asarray(np.where(y + 1.0 < low, small, np.where(y + 1.0 < high, middle, large)))

    return energy
