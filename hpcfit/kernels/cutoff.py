"""The largest cutoff of a model, by plain evaluation of the cutoff formulas (no kernel needed)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.check import checked_parts
from hpcfit.formula.interpret import float_algebra, interpret
from hpcfit.formula.potential import BoundPotential


class CutoffFormulas:
    """Callable: values (V,) of all potentials -> largest cutoff (angstrom) over all kinds of bonds."""

    def __init__(self, potentials: Sequence[BoundPotential]) -> None:
        self._cutoffs = []
        first = 0
        for potential in potentials:
            formula = potential.formula
            one_species = len(potential.species) == 1
            splines = formula.written_splines("pair", one_species)
            written = formula.written_names("pair", one_species)
            names = {key: name for key, name in written.items() if key not in splines}
            for text in formula.cutoffs:
                parts = checked_parts(formula, names, text, f"{formula.name}.cutoff")
                where = [
                    {
                        key: first + potential.position[potential.instance(name.parameter, name.key(atoms))]
                        for key, name in names.items()
                    }
                    for atoms in product(potential.species, repeat=2)
                ]
                self._cutoffs.append((parts, where))
            first += len(potential.instances)

    def each(self, values: NDArray[np.float64]) -> list[float]:
        """The cutoff of every formula for every kind of bond; NaN where a formula has no value."""
        found = []
        for parts, kinds in self._cutoffs:
            for positions in kinds:
                numbers = {name: float(values[position]) for name, position in positions.items()}
                try:
                    for name, part in parts:
                        numbers[name] = float(interpret(part.tree, float_algebra(numbers), part.constants))
                except (ArithmeticError, ValueError):
                    numbers[""] = math.nan
                found.append(numbers[""])
        return found

    def __call__(self, values: NDArray[np.float64]) -> float:
        return float(max([0.0, *self.each(values)], key=_nan_first))


def _nan_first(cutoff: float) -> float:
    return math.inf if math.isnan(cutoff) else cutoff
