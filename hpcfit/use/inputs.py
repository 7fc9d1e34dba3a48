"""The potentials of a job with all of their values: the initial ones, or those of a result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hpcfit.errors import RunError
from hpcfit.formula.potential import BoundPotential, Key
from hpcfit.job import Job, ResolvedJob
from hpcfit.job.resolve import JobPotentials
from hpcfit.job.traced_content import traced_content
from hpcfit.output.result import FittedParameter, Result
from hpcfit.potentials import POTENTIALS
from hpcfit.problem.parameters import GivenParameter, PotentialInput, parameter_groups, place_of
from hpcfit.workflow.start_from import read_start, start_values


def covered_species(own: Sequence[PotentialInput], inputs: Sequence[PotentialInput]) -> tuple[str, ...]:
    """Species that all of the model is for; reference energies, the last of `inputs`, may be for fewer."""
    species = tuple(dict.fromkeys(symbol for each in own for symbol in each.bound.species))
    if len(inputs) == len(own):
        return species
    return tuple(symbol for symbol in species if symbol in inputs[-1].bound.species)


def initial_inputs(job: ResolvedJob | JobPotentials) -> tuple[PotentialInput, ...]:
    """The potentials of a job at their initial values."""
    potentials, start = start_values(job.job, job.potentials, read_start(job.job))
    energies = {**job.job.targets.reference_energies, **start.energies}
    known = {symbol: float(energy) for symbol, energy in energies.items() if energy != "fit"}
    if len(known) < len(energies):
        known = {**_energies_at_start(job.job), **start.energies}
    return _with_energies(potentials, known)


def _energies_at_start(job: Job) -> Mapping[str, float]:
    """Reference energies, those that are "fit" as a fit starts with them; for the species of the data."""
    from hpcfit.data import Dataset
    from hpcfit.parallel.communicator import SerialCommunicator
    from hpcfit.workflow.data_plan import plan_data
    from hpcfit.workflow.prepare import reference_start

    plan, _ = plan_data(job)
    with Dataset.open(plan.path) as dataset:
        block = dataset.read(plan.indices)
    start = reference_start(SerialCommunicator(), job.targets.reference_energies, plan, block)
    given = job.targets.reference_energies
    return {s: start[s] if given[s] == "fit" else float(given[s]) for s in plan.species if s in given}


def _with_energies(
    potentials: tuple[PotentialInput, ...], energies: Mapping[str, float]
) -> tuple[PotentialInput, ...]:
    if not energies:
        return potentials
    bound = BoundPotential(POTENTIALS["reference-energy"](), tuple(energies))
    given: dict[tuple[Key, str], GivenParameter] = {
        ((symbol,), "E0"): GivenParameter(value, fixed=True) for symbol, value in energies.items()
    }
    return (*potentials, PotentialInput(bound, given))


def inputs_at(job: ResolvedJob | JobPotentials, result: Result) -> tuple[PotentialInput, ...]:
    """The potentials at the values of a result, whose parameters stand in the order of the job's.

    What is left of them at the end are the reference energies, of the species that the data held.
    """
    _check_functions(job, result)
    entries = list(result.parameters)
    inputs = []
    for potential in job.potentials:
        groups = parameter_groups(potential)
        own, entries = entries[: len(groups)], entries[len(groups) :]
        if [place_of(potential, key, name) for key, name in groups] != [_entry_place(q) for q in own]:
            raise _foreign(job.job)
        inputs.append(
            replace(
                potential,
                given={
                    place: GivenParameter(q.value, fixed=True) for place, q in zip(groups, own, strict=True)
                },
            )
        )
    if any(q.potential != "reference-energy" for q in entries):
        raise _foreign(job.job)
    return _with_energies(tuple(inputs), {q.species: q.value for q in entries})


def _check_functions(job: ResolvedJob | JobPotentials, result: Result) -> None:
    """Functions in Python files must stand for the formulas that they stood for in the run."""
    for key, content in traced_content(job).items():
        if result.job.get(key, content) != content:
            raise RunError(
                f"{job.job.path}: the functions of {key.rpartition(' ')[2]} stand for other formulas than "
                "when the job was run. Put the Python file of the run back, or run the job again."
            )


def _entry_place(entry: FittedParameter) -> tuple[str, str, str]:
    return entry.potential, entry.species, entry.name


def _foreign(job: Job) -> RunError:
    return RunError(
        f"{job.path}: the parameters of this job are not those of the result beside it. Give the run folder "
        "as `hpcfit run` has left it."
    )
