"""A potential with the values of its parameters: what a fit is for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration, ConfigurationBlock, gather
from hpcfit.data.elements import SYMBOLS
from hpcfit.errors import JobError, RunError
from hpcfit.formula.potential import AnyBound
from hpcfit.job import ResolvedJob
from hpcfit.job.resolve import JobPotentials
from hpcfit.kernels import AnyModel, compile_model
from hpcfit.kernels.model_facts import missing_quantities
from hpcfit.output.result import Result
from hpcfit.problem.memory import estimate_bonds
from hpcfit.problem.parameters import ParameterSet, build_parameters
from hpcfit.problem.rows import prediction_offsets
from hpcfit.use.evaluation import Evaluation, split_rows
from hpcfit.use.faults import check_finite, check_species
from hpcfit.use.inputs import covered_species, initial_inputs, inputs_at
from hpcfit.use.splines import Spline, splines_of

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

    from hpcfit.geometry import Geometry

FloatArray = NDArray[np.float64]

#: bonds whose lists are held at once, about 200 MB
_MOST_BONDS = 2e6


@dataclass(frozen=True, repr=False)
class FittedPotential:
    """Potentials with the values of their parameters.

    Made by `open_potential` (a job file, a run folder) or `fitted_potential`. It can be pickled and
    copied; kernels are compiled, or loaded from the cache, when they are first needed.

    Attributes:
        potentials: those of the job, and the reference energies, if any, as one more.
        parameters: all parameters, their values as `initial`.
        species: chemical symbols that predictions can be made for.
        origin: where the values come from, for people.
    """

    potentials: tuple[AnyBound, ...]
    parameters: ParameterSet
    species: tuple[str, ...]
    origin: str

    @cached_property
    def values(self) -> FloatArray:
        """The values of all instances of all parameters, shape (V,)."""
        return self.parameters.values(self.parameters.start)

    @cached_property
    def splines(self) -> dict[str, Spline]:
        """Its splines as functions by name: "phi", or with several species "Cu-Ni.phi"."""
        return splines_of(self.potentials, self.values)

    @cached_property
    def cutoff(self) -> float:
        """The largest distance at which atoms interact, angstrom."""
        return self.model.cutoff(self.values)

    @cached_property
    def model(self) -> AnyModel:
        """The kernels: energies, forces and stress, without derivatives by parameters."""
        species = tuple(dict.fromkeys(symbol for each in self.potentials for symbol in each.species))
        return compile_model(self.potentials, species, active=(), stress=True)

    @cached_property
    def missing(self) -> frozenset[str]:
        """Which of energy, forces and stress it does not predict; NaN stands for them.

        Raises:
            PluginError: a calculator cannot be made with these values.
        """
        return frozenset(missing_quantities(self.model, self.values))

    def evaluate(self, configurations: Sequence[Configuration] | ConfigurationBlock) -> Evaluation:
        """Energies, forces and stress of configurations; what references they have plays no part.

        Raises:
            DataError: naming the configuration: a species that the potential is not for, atoms on top of
                each other, a prediction that is not finite.
        """
        block = configurations if isinstance(configurations, ConfigurationBlock) else gather(configurations)
        rows, offsets = self.rows(block)
        return split_rows(rows, offsets)

    def rows(self, block: ConfigurationBlock) -> tuple[FloatArray, NDArray[np.int64]]:
        """All predictions in one vector, and where each configuration's begin: [energy, forces, stress].

        Raises:
            DataError: see `evaluate`.
        """
        from hpcfit.problem.geometry_keeper import GeometryKeeper
        from hpcfit.problem.groups import part_of, runs_below

        offsets = prediction_offsets(block.first_atom, stress=True)
        rows = np.empty(offsets[-1])
        species = self.species_index(block)
        bonds = estimate_bonds(block.natoms, block.volume, max(self.cutoff, 0.1))
        for first, last in runs_below(np.arange(len(block) + 1), bonds, _MOST_BONDS):
            own = species[block.first_atom[first] : block.first_atom[last]]
            geometry = GeometryKeeper(part_of(block, first, last), own, moving=False).at(self.cutoff)
            rows[offsets[first] : offsets[last]] = self.predict(geometry)
        self.check_finite(block, rows)
        return rows, offsets

    def predict(self, geometry: Geometry) -> FloatArray:
        """[energy, forces, stress] of each configuration of a geometry, one after the other."""
        return self.model.predict(geometry, self.values)

    def check_finite(self, block: ConfigurationBlock, rows: FloatArray) -> None:
        """Raise DataError naming configurations whose predictions `rows` are not finite."""
        check_finite(block, rows, self.missing)

    def species_index(self, block: ConfigurationBlock) -> NDArray[np.int32]:
        """The model's index of every atom's species, shape (natoms,).

        Raises:
            DataError: naming the first configurations with a species that the potential is not for.
        """
        index = self.species_table[block.number]
        check_species(block, index >= 0, self.species, self.origin)
        return index

    @cached_property
    def species_table(self) -> NDArray[np.int32]:
        """The model's index of each atomic number, -1 where the potential is not for it, shape (256,)."""
        table = np.full(256, -1, dtype=np.int32)
        for symbol in self.species:
            table[SYMBOLS.index(symbol)] = self.model.species.index(symbol)
        return table

    def calculator(self) -> Calculator:
        """An ASE calculator with energy, forces and stress.

        Raises:
            RunError: ASE is not installed.
        """
        try:
            import ase  # noqa: F401
        except ImportError as error:
            raise RunError("an ASE calculator needs ASE: pip install 'hpcfit[ase]'") from error
        from hpcfit.use.calculator import FittedCalculator

        return FittedCalculator(self)

    def load_kernels(self) -> None:
        """Compile the kernel, or load it from the cache, now instead of when it is first used."""
        self.model.load_values_kernel()

    def __str__(self) -> str:
        from hpcfit.use.show import description

        return description(self)

    def __repr__(self) -> str:
        names = " + ".join(each.formula.name for each in self.potentials)
        return f"<{names} for {', '.join(self.species)}: {self.origin}>"

    def __getstate__(self) -> dict[str, Any]:
        """Without kernels, which belong to their process."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def fitted_potential(job: ResolvedJob | JobPotentials, result: Result | None = None) -> FittedPotential:
    """The potential of a job at the values of a result, or without one at the job's initial values.

    Initial values of reference energies that are "fit" are those that a fit would start from: the least
    squares of the training energies by composition. Only then are training data read.

    Raises:
        RunError: the result is not one of this job.
        JobError: a cutoff that is no length.
    """
    if result is None:
        inputs = initial_inputs(job)
        origin = f"initial values of {job.job.path}"
    else:
        inputs = inputs_at(job, result)
        origin = f"{result.status} fit"
    made = FittedPotential(
        tuple(each.bound for each in inputs),
        build_parameters(inputs),
        covered_species(job.potentials, inputs),
        origin,
    )
    if not 0.0 <= made.cutoff < np.inf:
        raise JobError(f"{origin}: the cutoff is {made.cutoff} angstrom, which is no length.")
    return made
