"""Forces that count differently for the atoms of different species."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import JobError
from hpcfit.residuals.natoms import METADATA, Normalization, normalized
from hpcfit.residuals.scaled_difference import ScaledDifference
from hpcfit.suggest import suggestion

if TYPE_CHECKING:
    from hpcfit.data import Configuration
    from hpcfit.weights.survey import Survey

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SpeciesForces(ScaledDifference):
    """As `energy-forces`, with a factor of the force residuals for each species.

    In a job file::

        [residual]
        name = "species-forces"
        [residual.data]
        scales = { Si = 1.0, C = 0.25 }
    """

    scales: Mapping[str, float] = field(
        metadata={"help": "factor of the force residuals of the atoms of each species"}
    )
    normalize_by_natoms: Normalization = field(default=True, metadata=METADATA)

    def __post_init__(self) -> None:
        from hpcfit.data.elements import SYMBOLS

        problems = []
        for symbol, scale in self.scales.items():
            where = f"residual.data.scales.{symbol}"
            if symbol not in SYMBOLS[1:]:
                problems.append(f"{where}: {symbol!r} is not a chemical symbol.")
            elif isinstance(scale, bool) or not isinstance(scale, int | float) or not 0.0 <= scale < np.inf:
                problems.append(f"{where}: a number of at least 0 is expected, not {scale!r}.")
        if problems:
            raise JobError(problems)

    def surveyed(self, survey: Survey) -> SpeciesForces:
        """The residual to use: this one, if its species and those of the data are the same.

        Raises:
            JobError: naming the species that are not.
        """
        problems = [
            f"residual.data.scales.{symbol}: no selected configuration holds {symbol}."
            f"{suggestion(symbol, survey.species)}"
            for symbol in self.scales
            if symbol not in survey.species
        ]
        problems += [
            f"residual.data.scales does not name {symbol}, which the data hold. Write {symbol} = 1.0 to let "
            "its forces count as they are."
            for symbol in survey.species
            if symbol not in self.scales
        ]
        if problems:
            raise JobError(problems)
        return self

    def factors(self, weights: FloatArray, configuration: Configuration) -> FloatArray:
        factors = normalized(weights, configuration.natoms, self.normalize_by_natoms)
        factors[1:-6] *= np.repeat([self.scales[symbol] for symbol in configuration.symbols], 3)
        return factors
