"""From a job file to everything it names: the front door for `hpcfit run` and `hpcfit check`.

Nothing is computed and no data is read here, but what is returned was looked up, checked and made:
a check that used other code than the run could pass where the run fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hpcfit.errors import PluginError
from hpcfit.formula.allowed import SPECIES_CONSTANTS
from hpcfit.job.inner_optimizer import inner_optimizer
from hpcfit.job.load import Draft, Job, check_files, is_of_table, read_draft
from hpcfit.job.named import named_optimizer, named_residual, named_weights
from hpcfit.job.potentials import free_parameter_exists, resolve_potential, tie_faults, value_problems
from hpcfit.job.row_model import RowInput, resolve_model
from hpcfit.job.schema import (
    DataSection,
    ModelSection,
    PluginsSection,
    RunSection,
    TargetsSection,
)
from hpcfit.job.source import JobSource
from hpcfit.problem.parameters import PotentialInput
from hpcfit.registry import Registry

if TYPE_CHECKING:
    from hpcfit.optimize.multistart import Inner


@dataclass(frozen=True)
class ResolvedJob:
    """A job and what its names stand for.

    Attributes:
        registry: what the names were looked up in; its `iteration` tells plugins of each iteration.
        potentials: the formulas with their species, and what the job says of their parameters.
        weights: a weight scheme, made with its options.
        residual: a `ScaledDifference` made with [residual.data], or a residual function.
        optimizer: what is registered under the optimizer's name.
        optimizer_options: the optimizer's options dataclass, filled from [optimizer].
        inner: the optimizer of each start, where several are made.
        model: what a table is fitted by; `potentials` is empty then, `weights` and `residual` mean nothing.
    """

    job: Job
    registry: Registry
    potentials: tuple[PotentialInput, ...]
    weights: Any
    residual: Any
    optimizer: Any
    optimizer_options: Any
    model: RowInput | None = None
    inner: Inner | None = None


@dataclass(frozen=True)
class JobPotentials:
    """The part of a job that predictions need: its potentials, and nothing of its data or its fit.

    `potentials` as in `ResolvedJob`.
    """

    job: Job
    potentials: tuple[PotentialInput, ...]


def open_job(job: Path | JobSource) -> ResolvedJob:
    """Read a job (file), load its plugins, and look up and check all that it names.

    Raises:
        JobError: with all faults of the file, in the order of their lines.
    """
    draft = read_draft(job if isinstance(job, JobSource) else JobSource.read(job))
    check_files(draft)
    registry = open_registry(draft)
    if is_of_table(draft.source):
        model = _model(draft, registry)
        optimizer, options = named_optimizer(draft, registry)
        inner = inner_optimizer(draft, registry, options)
        return ResolvedJob(draft.job(), registry, (), None, None, optimizer, options, model, inner)
    n_problems = len(draft.problems)
    potentials = _potentials(draft, registry, with_values=not _starts_elsewhere(draft))
    _check_reference_species(draft, potentials)
    if len(draft.problems) == n_problems:
        _check_free(draft, potentials)
    weights = named_weights(draft, registry)
    residual = named_residual(draft, registry)
    optimizer, options = named_optimizer(draft, registry)
    inner = inner_optimizer(draft, registry, options)
    return ResolvedJob(draft.job(), registry, potentials, weights, residual, optimizer, options, inner=inner)


def open_potentials(source: JobSource, *, with_values: bool = True) -> JobPotentials:
    """Look up and check the potentials of a job; its datasets, weights, residual and optimizer are not.

    Args:
        with_values: every parameter must have a value, unless it may come from run.start_from; False where
            all values come from a result.

    Raises:
        JobError: with all faults of the file, in the order of their lines.
    """
    draft = read_draft(source)
    with_values = with_values and not _starts_elsewhere(draft)
    potentials = _potentials(draft, open_registry(draft), with_values)
    _check_reference_species(draft, potentials)
    return JobPotentials(draft.job(), potentials)


def open_model(source: JobSource) -> tuple[Job, RowInput]:
    """Look up and check the model of a job for a table; its tables and optimizer are not.

    Raises:
        JobError: with all faults of the file, in the order of their lines.
    """
    draft = read_draft(source)
    model = _model(draft, open_registry(draft))
    job = draft.job()
    assert model is not None
    return job, model


def open_registry(draft: Draft) -> Registry:
    """The built-in things, those of installed plugins, and those of the job's local plugins."""
    registry = Registry(draft.source.folder)
    registry.load_installed()
    plugins = draft.section(PluginsSection)
    for index, file in enumerate(plugins.load if plugins is not None else []):
        try:
            registry.load_local(file)
        except PluginError as error:
            draft.problems.append(draft.source.problem(("plugins", "load", index), f": {error}"))
    for index, plugin in enumerate(draft.source.plugins):
        try:
            registry.load_object(plugin)
        except PluginError as error:
            draft.problems.append(draft.source.problem(("plugins", index), f": {error}"))
    registry.add_objects(draft.source.objects)
    return registry


def _model(draft: Draft, registry: Registry) -> RowInput | None:
    section, data = draft.section(ModelSection), draft.section(DataSection)
    if section is None or data is None or draft.problems:
        return None
    made, problems = resolve_model(draft.source, section, data.x, data.y, registry)
    draft.problems += problems
    return made


def _potentials(draft: Draft, registry: Registry, with_values: bool = True) -> tuple[PotentialInput, ...]:
    """What could be looked up of the potentials; all of them, or the faults of the draft say why not."""
    found: list[PotentialInput | None] = []
    for index, section in enumerate(draft.potential):
        if section is not None and index not in draft.contradictory:
            resolved, problems = resolve_potential(draft.source, index, section, registry)
            found.append(None if index in draft.incomplete else resolved)
            draft.problems += problems
    potentials = tuple(each for each in found if each is not None)
    if len(potentials) == len(draft.potential):
        draft.problems += tie_faults(draft.source, potentials)
        if with_values:
            draft.problems += value_problems(draft.source, potentials)
    return potentials


def _starts_elsewhere(draft: Draft) -> bool:
    """Whether another run may give values that the job does not; that they are there is checked later."""
    run = draft.section(RunSection)
    return run is not None and run.start_from is not None


def _check_reference_species(draft: Draft, potentials: tuple[PotentialInput, ...]) -> None:
    """Reference energies can be given for species of the potentials only."""
    if len(potentials) != len(draft.potential):
        return
    species = sorted({symbol for potential in potentials for symbol in potential.bound.species})
    for symbol in _reference_energies(draft):
        if symbol not in species:
            key = ("targets", "reference_energies", symbol)
            sentence = f": no potential is for {symbol}, only for {', '.join(species)}."
            draft.problems.append(draft.source.problem(key, sentence))


def _check_free(draft: Draft, potentials: tuple[PotentialInput, ...]) -> None:
    """Something must be fitted."""
    if not potentials or len(potentials) != len(draft.potential):
        return
    if not free_parameter_exists(potentials) and "fit" not in _reference_energies(draft).values():
        sentence = f": every parameter is fixed, nothing is fitted. {_how_to_free(potentials)}"
        draft.problems.append(draft.source.problem(("potential", 0, "parameters"), sentence))


def _how_to_free(potentials: tuple[PotentialInput, ...]) -> str:
    """Advice with a parameter that there is."""
    for each in potentials:
        for spec in each.bound.formula.parameters:
            if spec.name not in SPECIES_CONSTANTS:
                own = [instance for instance in each.bound.instances if instance.name == spec.name]
                known = all(each.bound.default(instance) is not None for instance in own)
                table = f"{spec.spline or spec.name} = {'{}' if known else '{ initial = 1.0 }'}"
                return f"Free one by a table, such as {table}; a plain number is fixed."
    return "There is none: add a potential that has some, or write a name for a number in a formula."


def _reference_energies(draft: Draft) -> Mapping[str, float | Literal["fit"]]:
    targets = draft.section(TargetsSection)
    return targets.reference_energies if targets is not None else {}
