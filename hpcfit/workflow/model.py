"""From a resolved job to the model: potentials, reference energies, parameters, compiled kernels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device
from hpcfit.errors import JobError
from hpcfit.formula.potential import BoundPotential, FormulaPotential, Key
from hpcfit.job import ResolvedJob
from hpcfit.kernels import AnyModel, compile_model
from hpcfit.kernels.cutoff import CutoffFormulas
from hpcfit.potentials import POTENTIALS
from hpcfit.problem.parameters import (
    GivenParameter,
    ParameterSet,
    PotentialInput,
    build_parameters,
)
from hpcfit.problem.targets import Targets
from hpcfit.weights import ByTagWeights
from hpcfit.workflow.optimizer_rules import check_optimizer
from hpcfit.workflow.regularization import regularized

#: angstrom; a cutoff beyond it is a mistake, and its cube may be more than a number can hold
_LONGEST = 1e6


@dataclass(frozen=True)
class Model:
    """What is fitted.

    Attributes:
        species: chemical symbols of the model; an atom's species is an index into these.
        moving: the cutoff depends on a free parameter.
    """

    compiled: AnyModel
    parameters: ParameterSet
    species: tuple[str, ...]
    targets: Targets
    moving: bool


def check_species(resolved: ResolvedJob, species: Sequence[str]) -> None:
    """Every species of the data must be covered by a potential, and by the reference energies if any.

    Raises:
        JobError: naming the species that are not.
    """
    source = resolved.job.source
    covered = {symbol for each in resolved.potentials for symbol in each.bound.species}
    missing = [symbol for symbol in species if symbol not in covered]
    problems = []
    if missing:
        sentence = (
            f": the data hold {', '.join(missing)}, but no potential is for "
            f"{'it' if len(missing) == 1 else 'them'}; the potentials are for {', '.join(sorted(covered))}."
            " Add the species to a [[potential]], or choose other configurations by data.tags."
        )
        problems.append(source.problem(("potential",), sentence).text)
    energies = resolved.job.targets.reference_energies
    unnamed = [symbol for symbol in species if symbol not in energies]
    if energies and unnamed:
        sentence = (
            f" does not name {', '.join(unnamed)}, which the data hold. Give a number in eV (0 is one) "
            'or "fit".'
        )
        problems.append(source.problem(("targets", "reference_energies"), sentence).text)
    if problems:
        raise JobError(problems)


def check_tags(resolved: ResolvedJob, tags: Iterable[str]) -> None:
    """Weights given for a tag must find it in the training data.

    Raises:
        JobError: naming, by line, the tags that are not there.
    """
    if not isinstance(resolved.weights, ByTagWeights):
        return
    try:
        resolved.weights.check_tags(set(tags))
    except JobError as error:
        source = resolved.job.source
        raise JobError([source.placed(sentence).text for sentence in error.problems]) from None


def model_inputs(
    resolved: ResolvedJob, species: Sequence[str], fitted_energies: Mapping[str, float]
) -> tuple[PotentialInput, ...]:
    """The potentials of the job, and the reference energies as one more.

    Args:
        fitted_energies: starting values, in eV, of the reference energies that are "fit".
    """
    energies = resolved.job.targets.reference_energies
    if not energies:
        return resolved.potentials
    given: dict[tuple[Key, str], GivenParameter] = {
        ((symbol,), "E0"): _reference_energy(energies[symbol], fitted_energies.get(symbol, 0.0))
        for symbol in species
    }
    bound = BoundPotential(POTENTIALS["reference-energy"](), tuple(species))
    return (*resolved.potentials, PotentialInput(bound, given))


def build_model(
    resolved: ResolvedJob, inputs: Sequence[PotentialInput], device: Device | None = None
) -> Model:
    """Parameters and compiled kernels.

    Args:
        device: computes what is formulas; by default the processor does.

    Raises:
        JobError: a parameter without a value or outside its bounds, a cutoff that is no length.
        KernelError: a formula for which no kernel can be made.
    """
    section = resolved.job.targets
    targets = Targets(section.energy, section.forces, section.stress)
    species = tuple(dict.fromkeys(symbol for each in inputs for symbol in each.bound.species))
    parameters = regularized(resolved.job, build_parameters(inputs))
    check_optimizer(resolved, parameters)
    columns = parameters.columns
    active = np.flatnonzero(columns >= 0)
    compiled = compile_model(
        [each.bound for each in inputs],
        species,
        active=active.tolist(),
        columns=columns[active].tolist(),
        stress=targets.stress,
        forces=targets.forces,
        limits=_limits(parameters),
        device=device,
    )
    _check_cutoffs(resolved, inputs, parameters)
    _check_cutoff(resolved, compiled, parameters)
    return Model(compiled, parameters, species, targets, _cutoff_moves(compiled, parameters))


def _limits(parameters: ParameterSet) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Between which bounds each value of the model lies, for difference quotients."""
    lower, upper = np.full(parameters.n_values, -np.inf), np.full(parameters.n_values, np.inf)
    for parameter in parameters.parameters:
        lower[list(parameter.instances)] = parameter.minimum
        upper[list(parameter.instances)] = parameter.maximum
    return lower, upper


def _check_cutoff(resolved: ResolvedJob, compiled: AnyModel, parameters: ParameterSet) -> None:
    cutoff = compiled.cutoff(parameters.values(parameters.start))
    if not 0.0 <= cutoff < _LONGEST:
        sentence = (
            f": at the initial values the cutoff is {cutoff} angstrom. Give values, or write the cutoff, so "
            "that it is a length."
        )
        raise JobError(resolved.job.source.problem(("potential",), sentence).text)


def _check_cutoffs(resolved: ResolvedJob, inputs: Sequence[PotentialInput], parameters: ParameterSet) -> None:
    values, first, problems = parameters.values(parameters.start), 0, []
    for index, each in enumerate(inputs):
        last = first + len(each.bound.instances)
        if isinstance(each.bound.formula, FormulaPotential):
            bound = cast(BoundPotential, each.bound)
            cutoffs = CutoffFormulas([bound]).each(values[first:last])
            wrong = next((cutoff for cutoff in cutoffs if not cutoff < _LONGEST), None)
            if wrong is not None:
                sentence = (
                    f": at the initial values it is {wrong:g} angstrom. Give values, or write the cutoff, so "
                    "that it is a length."
                )
                problems.append(resolved.job.source.problem(("potential", index, "cutoff"), sentence).text)
        first = last
    if problems:
        raise JobError(problems)


def _cutoff_moves(compiled: AnyModel, parameters: ParameterSet) -> bool:
    start = parameters.start
    here = compiled.cutoff(parameters.values(start))
    for k in range(len(start)):
        moved = start.copy()
        moved[k] += 1e-3 * max(abs(moved[k]), 1.0)
        if compiled.cutoff(parameters.values(moved)) != here:
            return True
    return False


def _reference_energy(value: float | Literal["fit"], start: float) -> GivenParameter:
    if value == "fit":
        return GivenParameter(start)
    return GivenParameter(value, fixed=True)
