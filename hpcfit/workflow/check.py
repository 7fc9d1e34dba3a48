"""What `hpcfit check` tells of a job: that nothing is wrong with it, and what it will need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import ConfigurationBlock, Dataset
from hpcfit.errors import JobError
from hpcfit.geometry import check_structures
from hpcfit.job import ResolvedJob, open_job
from hpcfit.job.load import read_draft
from hpcfit.job.schema import DataSection
from hpcfit.job.source import JobSource
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.problem.chunks import chunk_bounds
from hpcfit.problem.parameters import PotentialInput
from hpcfit.problem.rows import block_references
from hpcfit.problem.targets import Targets
from hpcfit.workflow.begin import check_folder
from hpcfit.workflow.check_device import device_lines, device_memory_lines, wants_device
from hpcfit.workflow.closest import ClosestApproach, close_bonds
from hpcfit.workflow.data_plan import DataPlan, plan_data, require_targets
from hpcfit.workflow.devices import CPU, Devices
from hpcfit.workflow.faults import Faults
from hpcfit.workflow.groups import fits_of, number_of_groups
from hpcfit.workflow.hand_written import check_quantities, tried
from hpcfit.workflow.heading import beyond_limit, parameter_notes
from hpcfit.workflow.loss import loss_targets
from hpcfit.workflow.memory import Needs, model_needs, plan_rank, predicted_peak, sampled_bond_ratio
from hpcfit.workflow.model import Model, build_model, check_species, check_tags, model_inputs
from hpcfit.workflow.plan import Plan
from hpcfit.workflow.reach import absent, crowded, growing_parts, reaches, unreached
from hpcfit.workflow.residual import check_residual
from hpcfit.workflow.room import check_room
from hpcfit.workflow.start_from import Start, read_start, started_from
from hpcfit.workflow.terms import check_terms
from hpcfit.workflow.weights import check_weights


def check_job(path: Path, ranks: int | None) -> str:
    """Check a job, its plugins, its run folder and every value of its data; describe what would be fitted.

    Args:
        ranks: that will fit; None where that is not known: what depends on them is told for one.

    Raises:
        HpcfitError: with all faults found.
    """
    faults = Faults()
    resolved = faults.of(open_job, path)
    description = None
    if resolved is None:
        _check_named_datasets(path, faults)
    else:
        description = _check_resolved(resolved, ranks or 1, faults)
        if ranks is not None:
            faults.of(number_of_groups, resolved.job, ranks, fits_of(resolved))
    faults.raise_all()
    return "\n".join([f"{path}: nothing is wrong", *(description or ())])


def _check_resolved(resolved: ResolvedJob, ranks: int, faults: Faults) -> list[str] | None:
    """What would be fitted; None when there are faults."""
    if resolved.model is not None:
        from hpcfit.workflow.table.check import check_table

        return check_table(resolved, ranks, faults)
    faults.of(check_folder, resolved.job)
    started = faults.of(_start, resolved)
    data = faults.of(plan_data, resolved.job)
    if data is None:
        return None
    plan = Plan(resolved, *data) if started is None else Plan(started[0], *data, started[1])
    made = None if started is None else faults.of(_make_model, plan)
    model = None if made is None else made[0]
    # Of a cutoff that is far too long, nothing is to be said for each configuration.
    cutoff = None if made is None else faults.of(_cutoff_with_room, plan, *made, ranks)
    contents = [
        _check_content(each, model, cutoff or 0.0, faults)
        for each in (plan.train, plan.test)
        if each is not None
    ]
    if not faults:
        faults.of(require_targets, resolved.job, plan.train, contents[0].present)
    if model is not None and not faults:
        choice = faults.of(check_residual, resolved, model.targets, plan.train)
        if choice is not None:
            faults.of(check_weights, resolved, model.targets, plan.train, choice)
            faults.of(loss_targets, resolved, choice.residual)
    if made is None:
        return None
    closest = ClosestApproach.of_all(each.closest for each in contents)
    warnings = faults.of(check_terms, plan.resolved, made[1], made[0], closest)
    if warnings is not None and not faults:
        all_reaches = reaches(made[1], made[0], plan.train.species)
        warnings += [*absent(plan.resolved, plan.train), *crowded(plan.resolved, all_reaches, plan.train)]
        warnings += unreached(SerialCommunicator(), plan.resolved, all_reaches, partial(_parts, plan.train))
    code = None if faults else faults.of(tried, made[0], plan.train)
    if faults:
        return None
    description = _description(plan, *made, contents, code or [], ranks)
    return description + [f"warning        {warning}" for warning in warnings or ()]


def _start(resolved: ResolvedJob) -> tuple[ResolvedJob, Start]:
    return started_from(resolved, read_start(resolved.job))


def _make_model(plan: Plan) -> tuple[Model, Sequence[PotentialInput]]:
    check_species(plan.resolved, plan.species)
    check_tags(plan.resolved, plan.train.tags)
    inputs = model_inputs(plan.resolved, plan.train.species, {})
    model = build_model(plan.resolved, inputs)
    check_quantities(plan.resolved, model)
    return model, inputs


def _cutoff_with_room(plan: Plan, model: Model, inputs: Sequence[PotentialInput], ranks: int) -> float:
    """The longest cutoff at the start, within which bonds have room."""
    check_room(plan.resolved, inputs, model, plan.train, ranks)
    return model.compiled.cutoff(model.parameters.values(model.parameters.start))


def _parts(plan: DataPlan) -> Iterator[ConfigurationBlock]:
    """The selected configurations, few at first."""
    with Dataset.open(plan.path) as dataset:
        for first, last in growing_parts(plan.natoms.tolist()):
            yield dataset.read(plan.indices[first:last])


@dataclass
class Content:
    """What the selected configurations hold: configurations with each quantity, residuals, close atoms."""

    counts: dict[str, int]
    residuals: int = 0
    closest: ClosestApproach = field(default_factory=ClosestApproach)

    @property
    def present(self) -> dict[str, bool]:
        return {name: count > 0 for name, count in self.counts.items()}


def _check_content(plan: DataPlan, model: Model | None, cutoff: float, faults: Faults) -> Content:
    """Read every selected configuration, so that impossible values are found now."""
    content = Content({"energy": 0, "forces": 0, "stress": 0})
    with Dataset.open(plan.path) as dataset:
        for indices in np.array_split(plan.indices, max(1, plan.n_atoms // 100_000)):
            faults.of(_count, dataset, indices, model, cutoff, content)
    return content


def _count(
    dataset: Dataset, indices: NDArray[np.int64], model: Model | None, cutoff: float, content: Content
) -> None:
    block = dataset.read(indices)
    close = ClosestApproach.of_bonds(close_bonds(block))
    content.closest = ClosestApproach.of_all([content.closest, close])
    if model is not None:
        check_structures(block, cutoff)
        content.residuals += int(np.count_nonzero(~np.isnan(block_references(block, model.targets))))
    content.counts["energy"] += int(np.count_nonzero(~np.isnan(block.energy)))
    content.counts["forces"] += int(np.count_nonzero(block.has_force))
    content.counts["stress"] += int(np.count_nonzero(~np.isnan(block.stress[:, 0])))


def _check_named_datasets(path: Path, faults: Faults) -> None:
    """Of a job with faults, the datasets that it names can be checked nevertheless."""
    try:
        draft = read_draft(JobSource.read(path))
    except JobError:
        return
    data = draft.section(DataSection)
    for name in (data.train, data.test) if data is not None and data.table is None else ():
        file = path.parent / name if name is not None else None
        if file is not None and file.is_file():
            faults.of(_read_all, file)


def _read_all(file: Path) -> None:
    with Dataset.open(file) as dataset:
        for first, last in dataset.pieces():
            dataset.read(first, last)


def _description(
    plan: Plan,
    model: Model,
    inputs: Sequence[PotentialInput],
    contents: Sequence[Content],
    code: Sequence[str],
    ranks: int,
) -> list[str]:
    parameters = model.parameters
    devices, told = device_lines(plan.resolved, ranks)
    on_device = devices.kind != CPU or wants_device(plan.resolved)
    needs = model_needs(plan.resolved, model, on_device=on_device)
    lines = _data_lines("train", plan.train, contents[0], model.targets)
    if plan.test is not None:
        lines += _data_lines("test", plan.test, contents[1], model.targets)
    lines.append(f"potentials     {', '.join(each.bound.formula.name for each in inputs)}")
    free = parameters.free
    lines.append(
        f"parameters     {len(parameters.parameters)}, {len(free)} free: {', '.join(parameters.labels)}"
    )
    lines += [f"{'':14} {note}" for note in parameter_notes(parameters)]
    lines += [*code, *plan.start.notes]
    if needs.cutoff or not needs.slow:
        lines.append(f"cutoff         {needs.cutoff:g} angstrom")
    return [*lines, *told, *_memory_lines(plan, model, needs, devices, ranks)]


def _data_lines(kind: str, plan: DataPlan, content: Content, targets: Targets) -> list[str]:
    tags = ", ".join(f"{tag or '(none)'} {count}" for tag, count in Counter(plan.tags).most_common(8))
    wanted = ", ".join(f"{name} {count}" for name, count in content.counts.items() if getattr(targets, name))
    return [
        f"{kind:14} {plan.path}: {len(plan.indices)} configurations, {plan.n_atoms} atoms",
        f"{'':14} tags: {tags}",
        f"{'':14} references: {wanted}; {content.residuals} residuals",
    ]


def _memory_lines(plan: Plan, model: Model, needs: Needs, devices: Devices, ranks: int) -> list[str]:
    bounds = chunk_bounds(plan.train.natoms, needs.n_parameters, slow=needs.slow, on_device=needs.on_device)
    chunks = len(bounds) - 1
    ratio = sampled_bond_ratio(plan.train, needs)
    amounts, memory = plan_rank(plan.train, needs, ranks, ratio)
    peak = predicted_peak(amounts, memory, plan.test, needs, ranks, ratio)
    kept = [
        name for name, keep in (("bonds", memory.keep_geometry), ("Jacobian", memory.keep_jacobian)) if keep
    ]
    lines = [
        f"chunks         {chunks}; more ranks than this have nothing to do",
        f"memory         about {peak / 2**20:.0f} MiB per rank on {ranks} "
        f"{'rank' if ranks == 1 else 'ranks'}; kept between evaluations: {', '.join(kept) or 'nothing'}",
    ]
    if needs.on_device:
        configurations = len(plan.train.indices) * amounts.atoms / plan.train.n_atoms
        lines += device_memory_lines(model, amounts, configurations, devices, ranks)
    note = beyond_limit(plan.resolved, peak)
    return [*lines, note] if note else lines
