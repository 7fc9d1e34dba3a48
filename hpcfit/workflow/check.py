"""What `hpcfit check` tells of a job: that nothing is wrong with it, and what it will need."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from hpcfit.data import Dataset
from hpcfit.errors import DataError, JobError
from hpcfit.geometry import check_structures
from hpcfit.job import ResolvedJob, open_job
from hpcfit.problem.chunks import chunk_bounds
from hpcfit.problem.memory import Amounts, estimate_bonds, plan_memory
from hpcfit.problem.parameters import ParameterSet
from hpcfit.problem.rows import block_references
from hpcfit.problem.targets import Targets
from hpcfit.workflow.data_plan import DataPlan, plan_data
from hpcfit.workflow.model import build_model, check_species, model_inputs


def check_job(path: Path, ranks: int) -> str:
    """Check a job, its plugins and every value of its data; describe what would be fitted.

    Raises:
        HpcfitError: with all faults found.
    """
    resolved = open_job(path)
    train, test = plan_data(resolved.job)
    check_species(resolved, sorted({*train.species, *(test.species if test is not None else ())}))
    inputs = model_inputs(resolved, train.species, {})
    model = build_model(resolved, inputs)
    parameters = model.parameters
    cutoff = model.compiled.cutoff(parameters.values(parameters.start))
    lines = [f"{path}: nothing is wrong"]
    lines += _data_lines("train", resolved, train)
    if test is not None:
        lines += _data_lines("test", resolved, test)
    lines.append(f"potentials     {', '.join(each.bound.formula.name for each in inputs)}")
    free = parameters.free
    lines.append(
        f"parameters     {len(parameters.parameters)}, {len(free)} free: {', '.join(parameters.labels)}"
    )
    lines.append(f"cutoff         {cutoff:g} angstrom")
    lines += _memory_lines(resolved, train, parameters, cutoff, ranks)
    return "\n".join(lines)


def _data_lines(kind: str, resolved: ResolvedJob, plan: DataPlan) -> list[str]:
    """Read every selected configuration, so that impossible values are found now."""
    section = resolved.job.targets
    targets = Targets(section.energy, section.forces, section.stress)
    found = np.zeros(3, dtype=np.int64)
    residuals = 0
    with Dataset.open(plan.path) as dataset:
        for indices in np.array_split(plan.indices, max(1, plan.n_atoms // 100_000)):
            block = dataset.read(indices)
            check_structures(block)
            residuals += int(np.count_nonzero(~np.isnan(block_references(block, targets))))
            found += [
                np.count_nonzero(~np.isnan(block.energy)),
                np.count_nonzero(block.has_force),
                np.count_nonzero(~np.isnan(block.stress[:, 0])),
            ]
    counts = dict(zip(("energy", "forces", "stress"), found.tolist(), strict=True))
    missing = [name for name, count in counts.items() if getattr(targets, name) and not count]
    if missing and kind == "train":
        raise DataError(
            f"{plan.path}: no selected configuration has a reference for {' or '.join(missing)}. "
            f"Set targets.{missing[0]} = false, or import data that have it."
        )
    tags = ", ".join(f"{tag or '(none)'} {count}" for tag, count in Counter(plan.tags).most_common(8))
    wanted = ", ".join(f"{name} {count}" for name, count in counts.items() if getattr(targets, name))
    return [
        f"{kind:14} {plan.path}: {len(plan.indices)} configurations, {plan.n_atoms} atoms",
        f"{'':14} tags: {tags}",
        f"{'':14} references: {wanted}; {residuals} residuals",
    ]


def _memory_lines(
    resolved: ResolvedJob, plan: DataPlan, parameters: ParameterSet, cutoff: float, ranks: int
) -> list[str]:
    n_parameters = len(parameters.free)
    with Dataset.open(plan.path) as dataset:
        volume = dataset.volumes[plan.indices]
    chunks = len(chunk_bounds(plan.natoms, n_parameters)) - 1
    section = resolved.job.targets
    rows = section.forces * 3 * plan.n_atoms + (section.energy + 6 * section.stress) * len(plan.indices)
    bonds = float(estimate_bonds(plan.natoms, volume, cutoff).sum())
    amounts = Amounts(plan.n_atoms // ranks, bonds / ranks, rows // ranks)
    limit = resolved.job.run.memory_limit
    memory = plan_memory(amounts, n_parameters, limit)
    kept = [
        name for name, keep in (("bonds", memory.keep_geometry), ("Jacobian", memory.keep_jacobian)) if keep
    ]
    lines = [
        f"chunks         {chunks}; more ranks than this have nothing to do",
        f"memory         about {memory.predicted / 2**20:.0f} MiB per rank on {ranks} "
        f"{'rank' if ranks == 1 else 'ranks'}; kept between evaluations: {', '.join(kept) or 'nothing'}",
    ]
    if limit is not None and memory.predicted > limit:
        raise JobError(
            f"{resolved.job.path}: run.memory_limit is {limit / 2**20:.0f} MiB, but a rank needs at least "
            f"{memory.predicted / 2**20:.0f} MiB. Raise the limit, or use more ranks than {ranks}."
        )
    return lines
