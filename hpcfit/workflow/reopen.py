"""A finished run made ready for evaluation once more, at the parameters that it has found."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import HpcfitError, RunError
from hpcfit.optimize.objective import Objective
from hpcfit.output.fingerprint import changes
from hpcfit.output.folder import STOPPED
from hpcfit.output.result import FittedParameter, Result
from hpcfit.parallel.agree import agreement, from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.objective import DistributedObjective, serve
from hpcfit.problem.parameters import ParameterSet, PotentialInput, place_of
from hpcfit.workflow.begin import run_fingerprint
from hpcfit.workflow.minimized import minimized
from hpcfit.workflow.plan import make_plan
from hpcfit.workflow.run_source import Source, read_run
from hpcfit.workflow.steps import steps_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcfit.workflow.steps import AnyPlan, AnyPrepared

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Reopened:
    """A run that has a result, and its fit as it was prepared.

    Attributes:
        name: how messages call the run, such as its folder.
        result: what was found; the same on all ranks.
        prepared: this rank's share, with the same chunks and the same bits as in the fit.
        theta: what the optimizer has found, shape (p,): of transformed parameters what it moved.
    """

    name: str
    result: Result
    prepared: AnyPrepared
    theta: FloatArray

    @property
    def plan(self) -> AnyPlan:
        """The job with its data."""
        return self.prepared.plan

    @property
    def parameters(self) -> ParameterSet:
        """All parameters of the model."""
        return self.prepared.model.parameters


def reopen_run(comm: Communicator, path: Path) -> Reopened:
    """The run in a folder; collective, the same on all ranks but for each one's share of the data.

    Raises:
        RunError: on all ranks alike: no run folder, no result yet, data that are gone, or that the job, its
            files or the data are not what they were.
        HpcfitError: what else keeps a fit from starting.
    """
    source = from_root(comm, lambda: read_run(path))
    return reopen(comm, source, str(path))


def reopen(comm: Communicator, source: Source, name: str) -> Reopened:
    """A job with the result of its run; collective.

    Args:
        name: how messages call the run.

    Raises:
        RunError, HpcfitError: see `reopen_run`.
    """
    plan = planned_again(comm, source, name)
    prepared: AnyPrepared = steps_of(plan).prepare(comm, plan)
    result = source.result
    assert result is not None
    with agreement(comm):
        theta = theta_at(prepared.model.parameters, prepared.potentials, result.parameters, name)
    return Reopened(name, result, prepared, theta)


def planned_again(comm: Communicator, source: Source, name: str) -> AnyPlan:
    """The job of a run and its data, which must be what they were; nothing is made ready. Collective.

    Raises:
        RunError, HpcfitError: see `reopen_run`.
    """
    result = source.result
    assert result is not None
    if result.status == STOPPED:
        raise RunError(
            f"{name}: the run was stopped before it had ended. Finish it by the `hpcfit run` that started it."
        )
    try:
        plan = make_plan(comm, source.job)
    except HpcfitError as error:
        sentence = f"{name}: the run cannot be opened again:\n{error}"
        if source.job.is_file:
            folder = source.job.folder.resolve()
            sentence += f"\nPaths in it are relative to {folder}, where the job was run from."
        else:
            sentence += "\nData that were given in memory are not kept; write them to a file and fit that."
        raise RunError(sentence) from error
    different = from_root(comm, lambda: changes(result.job, run_fingerprint(plan)))
    if different:
        raise RunError(
            f"{name}: what the run depends on is not what it was:\n  "
            + "\n  ".join(different)
            + "\nPut it back as it was, or run the job again."
        )
    return plan


@contextmanager
def whole_objective(comm: Communicator, prepared: AnyPrepared) -> Iterator[Objective | None]:
    """What the fit has minimized, losses and priors included, on rank 0; None elsewhere. Collective.

    Other ranks evaluate until rank 0 leaves the context, before they enter theirs. An HpcfitError of rank 0
    in it is raised on all.
    """
    if not comm.is_root:
        serve(prepared.objective, comm, prepared.share.ranges)
        yield None
        return
    with DistributedObjective(prepared.objective, comm, prepared.share.ranges) as objective:
        yield minimized(prepared, objective)


def theta_at(
    parameters: ParameterSet,
    potentials: Sequence[PotentialInput],
    found: Sequence[FittedParameter],
    name: str,
) -> FloatArray:
    """The optimizer's variables at the values of a result."""
    places = [place_of(potentials[q.potential], q.key, q.name) for q in parameters.parameters]
    if places != [(q.potential, q.species, q.name) for q in found]:
        raise RunError(f"{name}: the parameters of its result are not those of its job; run the job again.")
    pairs = zip(parameters.parameters, found, strict=True)
    return np.array([q.theta(each.value) for q, each in pairs if q.free], dtype=np.float64)
