"""What a job for a table asks for: the table on rank 0, and the model with its parameters on all ranks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from hpcfit.errors import JobError, KernelError
from hpcfit.formula.bound_potential import AnyBound, BoundPotential
from hpcfit.formula.keys import Instance, Key
from hpcfit.formula.row_form import RowForm
from hpcfit.job import ResolvedJob
from hpcfit.job.source import raise_problems
from hpcfit.output.result import Result
from hpcfit.parallel.agree import agreement, from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.pace import ALIKE, Pace
from hpcfit.problem.parameters import GivenParameter, PotentialInput
from hpcfit.registry.failure import describe
from hpcfit.workflow.devices import Devices
from hpcfit.workflow.start_from import Start, read_start, start_values
from hpcfit.workflow.table.balance import balanced
from hpcfit.workflow.table.table_data import TableData, TableFacts, read_tables


@dataclass(frozen=True)
class TablePlan:
    """A resolved job and the table it selects.

    Attributes:
        train, test: the same on all ranks.
        data, test_data: the tables, on rank 0 alone.
        before: the result that run.start_from names.
        start: what was taken from it.
        devices: on what the ranks compute.
        pace: how chunks are spread over the ranks of a group.
    """

    resolved: ResolvedJob
    train: TableFacts
    test: TableFacts | None
    data: TableData | None = None
    test_data: TableData | None = None
    before: Result | None = None
    start: Start = field(default_factory=Start)
    devices: Devices = field(default_factory=Devices)
    pace: Pace = ALIKE


def plan_table(comm: Communicator, resolved: ResolvedJob) -> TablePlan:
    """Read the table on rank 0.

    Raises:
        HpcfitError: on all ranks alike, for anything wrong with the table.
    """
    kept: list[tuple[TableData, TableData | None]] = []

    def read() -> tuple[TableFacts, TableFacts | None, RowForm]:
        assert resolved.model is not None
        data, test_data = read_tables(resolved.job, resolved.model)
        found = balanced(resolved.job, resolved.model, data), test_data
        kept.append(found)
        form = _started(resolved, found[0])
        return found[0].facts, None if found[1] is None else found[1].facts, form

    assert resolved.model is not None
    before = from_root(comm, lambda: read_start(resolved.job))
    train, test, form = from_root(comm, read)
    data, test_data = kept[0] if kept else (None, None)
    resolved = replace(resolved, model=replace(resolved.model, form=form))
    plan = TablePlan(resolved, train, test, data, test_data, before)
    with agreement(comm):
        return replace(plan, start=_started_input(plan)[1])


def model_input(plan: TablePlan) -> PotentialInput:
    """The model for the groups of the table, with the values that it takes from another run.

    Raises:
        JobError: words about a group that is not there, values from another run that do not fit.
    """
    return _started_input(plan)[0]


def _started_input(plan: TablePlan) -> tuple[PotentialInput, Start]:
    (made,), start = start_values(plan.resolved.job, (_given_input(plan),), plan.before)
    return made, start


def _given_input(plan: TablePlan) -> PotentialInput:
    """The model with what the job says."""
    resolved, labels = plan.resolved, plan.train.labels
    assert resolved.model is not None
    try:
        bound = BoundPotential(resolved.model.form, labels)
    except KernelError as error:
        raise JobError(resolved.job.source.problem(("model",), f": {error}").text) from error
    given: dict[tuple[Key, str], GivenParameter] = {}
    problems = []
    words: Mapping[tuple[Key, str], GivenParameter] = resolved.model.given
    for (key, name), word in words.items():
        if key and key[0] not in labels:
            known = ", ".join(labels[:10]) + (", ..." if len(labels) > 10 else "")
            sentence = f": {plan.train.path} has no such group; it has {known}."
            problems.append(resolved.job.source.problem(("model", "group_parameters", key[0]), sentence))
        given[key if len(labels) > 1 else (), name] = word
    raise_problems(problems)
    if len(labels) > 1:  # what is said of all groups is said of each, and fitted for each
        for name in [spec.name for spec in resolved.model.form.parameters if spec.kind == "species"]:
            rule = given.pop(((), name), None)
            for label in labels if rule is not None else ():
                given.setdefault(((label,), name), rule)  # type: ignore[arg-type]
    near = {at: _within_bounds(bound, *at, word) for at, word in given.items()}
    return PotentialInput(bound, near, place="model")


def _started(resolved: ResolvedJob, data: TableData) -> RowForm:
    """The model with what it takes from the rows: initial values, shifts and scales.

    Raises:
        JobError: a guess of somebody else's model that fails.
    """
    model = resolved.model
    assert model is not None
    numbers, n = data.columns.numbers, len(data.columns)
    inputs = np.array([numbers[name] for name in model.x]).reshape(len(model.x), n)
    outputs = np.array([numbers[name] for name in model.y])
    try:
        return model.form.started(inputs, outputs, data.group, data.facts.labels)
    except Exception as error:
        said = str(error) if isinstance(error, KernelError) else describe(error)
        sentence = f": the guess of initial values of {model.form.name} failed: {said}"
        raise JobError(resolved.job.source.problem(("model",), sentence).text) from error


def _within_bounds(bound: AnyBound, key: Key, name: str, word: GivenParameter) -> GivenParameter:
    """What is said of a parameter; a guess of its initial value that the bounds forbid is moved to them."""
    if word.initial is not None or word.tie is not None:
        return word
    guess = bound.default(Instance(name, key))
    if guess is None or word.minimum <= guess <= word.maximum or word.minimum > word.maximum:
        return word
    return replace(word, initial=min(max(guess, word.minimum), word.maximum))
