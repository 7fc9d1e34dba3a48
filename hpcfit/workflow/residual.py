"""The residual that a fit uses: that of the job, shown the training data as a whole if it wants that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import ConfigurationBlock, Dataset
from hpcfit.data.elements import chemical_symbol
from hpcfit.errors import JobError
from hpcfit.job import ResolvedJob
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator
from hpcfit.problem.anchors import Anchors
from hpcfit.problem.groups import ResidualChoice
from hpcfit.problem.survey import survey_block
from hpcfit.problem.targets import Targets
from hpcfit.problem.user_code import user_code
from hpcfit.residuals import EnergyDifferences, Residual, SurveyedResidual
from hpcfit.suggest import suggestion
from hpcfit.weights.survey import Survey
from hpcfit.workflow.data_plan import DataPlan
from hpcfit.workflow.share import Share

#: configurations of these many atoms are looked at together
_PIECE = 100_000


def residual_choice(
    comm: Communicator, resolved: ResolvedJob, targets: Targets, plan: DataPlan, share: Share
) -> ResidualChoice:
    """The residual for the configurations of a share.

    Raises:
        HpcfitError: on all ranks alike, when the residual cannot use the training data.
    """
    section = resolved.job.residual
    if not _wants_survey(resolved.residual):
        return ResidualChoice(resolved.residual, section.name, section.data)
    with agreement(comm):
        own = survey_block(share.block, plan.species, targets, None)
    survey = Survey.joined(comm.allgather(own))
    with agreement(comm):
        residual = _surveyed(resolved, survey)
        anchors = None
        if isinstance(residual, EnergyDifferences):
            names = _references(resolved, residual, targets, survey)
            first = int(share.all_bounds[share.first])
            anchors = _anchors(resolved, plan, share.block, names[first : first + len(share.block)])
    return ResidualChoice(residual, section.name, section.data, anchors)


def check_residual(resolved: ResolvedJob, targets: Targets, plan: DataPlan) -> ResidualChoice:
    """The residual for one process, after every training configuration was looked at; without anchors.

    Raises:
        HpcfitError: when it cannot use the training data.
    """
    section = resolved.job.residual
    residual = resolved.residual
    if _wants_survey(residual):
        with Dataset.open(plan.path) as dataset:
            parts = [survey_block(block, plan.species, targets, None) for block in _pieces(dataset, plan)]
            survey = Survey.joined(parts)
            residual = _surveyed(resolved, survey)
            if isinstance(residual, EnergyDifferences):
                names = _references(resolved, residual, targets, survey)
                first = 0
                for block in _pieces(dataset, plan):
                    _anchors(resolved, plan, block, names[first : first + len(block)])
                    first += len(block)
    return ResidualChoice(residual, section.name, section.data)


def _wants_survey(residual: Residual) -> bool:
    return isinstance(residual, EnergyDifferences | SurveyedResidual)


def _pieces(dataset: Dataset, plan: DataPlan) -> Iterator[ConfigurationBlock]:
    for indices in np.array_split(plan.indices, max(1, plan.n_atoms // _PIECE)):
        yield dataset.read(indices)


def _surveyed(resolved: ResolvedJob, survey: Survey) -> Residual:
    """The job's residual for a survey; a fault of an option is told with its line."""
    residual, source = resolved.residual, resolved.job.source
    if not isinstance(residual, SurveyedResidual):
        return residual  # type: ignore[no-any-return]
    try:
        with user_code(f"residual {resolved.job.residual.name}"):
            return residual.surveyed(survey)  # type: ignore[no-any-return]
    except JobError as error:
        raise JobError([source.placed(each, ("residual",)).text for each in error.problems]) from None


def _references(
    resolved: ResolvedJob, residual: EnergyDifferences, targets: Targets, survey: Survey
) -> tuple[str, ...]:
    source = resolved.job.source
    if not targets.energy:
        sentence = f": {resolved.job.residual.name} compares energies, but targets.energy is false."
        raise JobError(source.problem(("residual", "name"), sentence).text)
    try:
        return residual.references(survey)
    except JobError as error:
        raise JobError([source.placed(each, ("residual",)).text for each in error.problems]) from None


def _anchors(
    resolved: ResolvedJob, plan: DataPlan, block: ConfigurationBlock, names: Sequence[str]
) -> Anchors:
    """Read the reference configurations `names` of a block; "" is none.

    Raises:
        JobError: naming one that is not there, has no energy, or not the elements of a configuration.
    """
    with Dataset.open(plan.path) as dataset:
        place = {name: index for index, name in enumerate(dataset.identifiers)}
        for name in dict.fromkeys(names):
            if name and name not in place:
                hint = suggestion(name, place) if len(place) else ""
                hint = hint if hint.startswith(" Did") else " `hpcfit inspect` lists some of them."
                _refuse(resolved, name, f": no configuration of {plan.path} is called {name!r}.{hint}")
        indices = np.array(sorted({place[name] for name in names if name}), dtype=np.int64)
        anchors = dataset.read(indices)
    for name in (anchors.identifier[k] for k in np.flatnonzero(np.isnan(anchors.energy))):
        _refuse(resolved, name, f": the configuration {name!r} has no energy to measure others from.")
    position = {name: k for k, name in enumerate(anchors.identifier)}
    index = np.array([position[name] if name else -1 for name in names], dtype=np.int64)
    ratio = np.zeros(len(block))
    for c in np.flatnonzero(index >= 0).tolist():
        ratio[c] = _ratio(resolved, block, c, anchors, int(index[c]))
    itself = np.array([name == own for name, own in zip(names, block.identifier, strict=True)], dtype=bool)
    return Anchors(anchors, index, ratio, itself)


def _ratio(
    resolved: ResolvedJob, block: ConfigurationBlock, c: int, anchors: ConfigurationBlock, a: int
) -> float:
    """How many times the composition of anchor `a` configuration `c` of a block holds."""
    counts = [_counts(block, c), _counts(anchors, a)]
    sizes = [int(each.sum()) for each in counts]
    if (counts[0] * sizes[1] != counts[1] * sizes[0]).any():
        formulas = [_formula(each) for each in counts]
        _refuse(
            resolved,
            anchors.identifier[a],
            f": configuration {block.identifier[c]!r} is {formulas[0]}, and {anchors.identifier[a]!r}, which "
            f"its energy is to be measured from, is {formulas[1]}: the proportions of the elements must be "
            'the same. Give its tag a reference of its own in residual.data.tags, or write "lowest".',
        )
    return sizes[0] / sizes[1]


def _refuse(resolved: ResolvedJob, name: str, sentence: str) -> None:
    """Refuse a reference configuration, on the line of the option that names it."""
    option = resolved.residual.named.get(name, "reference")
    key = ("residual", "data", *option.split(".", 1))
    raise JobError(resolved.job.source.problem(key, sentence).text)


def _counts(block: ConfigurationBlock, c: int) -> NDArray[np.int64]:
    """Atoms of each atomic number."""
    atoms = slice(int(block.first_atom[c]), int(block.first_atom[c + 1]))
    return np.bincount(block.number[atoms], minlength=256).astype(np.int64)


def _formula(counts: NDArray[np.int64]) -> str:
    return "".join(f"{chemical_symbol(number)}{counts[number]}" for number in np.flatnonzero(counts).tolist())
