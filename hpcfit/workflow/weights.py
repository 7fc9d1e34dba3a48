"""The weight scheme that a fit uses: that of the job, shown a survey of the training data if it wants one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from hpcfit.data import ConfigurationBlock, Dataset
from hpcfit.errors import HpcfitError, JobError, PluginError
from hpcfit.job import ResolvedJob
from hpcfit.parallel.agree import agreement, from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.problem.groups import ResidualChoice, part_of, try_residual
from hpcfit.problem.survey import survey_block
from hpcfit.problem.targets import Targets
from hpcfit.problem.user_code import user_code
from hpcfit.suggest import counted
from hpcfit.weights import WeightScheme
from hpcfit.weights.survey import Survey, SurveyedScheme
from hpcfit.workflow.data_plan import DataPlan

#: different faults, and configurations with the same one, that one message lists
_SHOWN = 10


def weight_scheme(
    comm: Communicator, resolved: ResolvedJob, targets: Targets, plan: DataPlan, block: ConfigurationBlock
) -> WeightScheme:
    """The scheme for the configurations of all ranks, of which `block` holds this one's.

    Raises:
        HpcfitError: on all ranks alike, when the scheme cannot use the training data.
    """
    scheme = resolved.weights
    if not isinstance(scheme, SurveyedScheme):
        return scheme  # type: ignore[no-any-return]
    with agreement(comm):
        own = survey_block(block, plan.species, targets, resolved.residual)
    parts = comm.gather(own)
    survey = from_root(comm, lambda: Survey.joined(parts or [own]))
    with agreement(comm):
        return _surveyed(resolved, survey)


def check_weights(resolved: ResolvedJob, targets: Targets, plan: DataPlan, choice: ResidualChoice) -> None:
    """Weigh every training configuration and try its residual, on one process and a piece at a time.

    Raises:
        HpcfitError: when the scheme cannot use the data, or naming the configurations whose weights, or
            whose residual, cannot be used.
    """
    scheme = resolved.weights
    with Dataset.open(plan.path) as dataset:
        if isinstance(scheme, SurveyedScheme):
            parts = [
                survey_block(block, plan.species, targets, choice.residual)
                for block in _pieces(dataset, plan)
            ]
            scheme = _surveyed(resolved, Survey.joined(parts))
        faults = [
            fault for block in _pieces(dataset, plan) for fault in _row_faults(block, targets, scheme, choice)
        ]
    if faults:
        raise JobError(_told_once(faults))


def _told_once(faults: Sequence[tuple[str, str]]) -> list[str]:
    """Sentences of faults (identifier, sentence); one that many configurations share is told of the first."""
    alike: dict[str, list[tuple[str, str]]] = {}
    for identifier, sentence in faults:
        kind = re.sub(r"\d+", "", sentence.replace(repr(identifier), ""))
        alike.setdefault(kind, []).append((identifier, sentence))
    lines = []
    for (_, sentence), *others in list(alike.values())[:_SHOWN]:
        lines.append(sentence)
        if others:
            names = ", ".join(identifier for identifier, _ in others[:_SHOWN])
            etc = ", ..." if len(others) > _SHOWN else ""
            lines.append(f"So it is with {counted(len(others), 'configuration')} more ({names}{etc}).")
    more = sum(len(each) for each in list(alike.values())[_SHOWN:])
    return [*lines, f"{counted(more, 'configuration')} more cannot be used."] if more else lines


def _surveyed(resolved: ResolvedJob, survey: Survey) -> WeightScheme:
    """The job's scheme for a survey; a fault of an option is told with its line."""
    label = resolved.job.weights.name
    source = resolved.job.source
    try:
        with user_code(f"weights {label}"):
            scheme = resolved.weights.surveyed(survey)
    except JobError as error:
        raise JobError([source.placed(each, ("weights",)).text for each in error.problems]) from None
    if not callable(getattr(scheme, "weights", None)):
        raise PluginError(
            f"weights {label}: surveyed(survey) returned {repr(scheme)[:60]}, which has no method "
            "weights(configuration); return the scheme to use, such as self."
        )
    return scheme  # type: ignore[no-any-return]


def _pieces(dataset: Dataset, plan: DataPlan) -> Iterator[ConfigurationBlock]:
    for indices in np.array_split(plan.indices, max(1, plan.n_atoms // 100_000)):
        yield dataset.read(indices)


def _row_faults(
    block: ConfigurationBlock, targets: Targets, scheme: WeightScheme, choice: ResidualChoice
) -> Iterator[tuple[str, str]]:
    """What is wrong with the weights and the residual of each configuration, by its identifier."""
    for c in range(len(block)):
        try:
            try_residual(part_of(block, c, c + 1), targets, scheme, choice)
        except HpcfitError as error:
            yield block.identifier[c], str(error)
