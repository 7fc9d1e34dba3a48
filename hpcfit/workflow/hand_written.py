"""Potentials that are code: tried on one configuration before a fit is started, and what is said of them."""

from __future__ import annotations

import time

import numpy as np

from hpcfit.data import Dataset
from hpcfit.errors import JobError
from hpcfit.job import ResolvedJob
from hpcfit.kernels.model_facts import derivative_notes, has_calculators, missing_quantities, parts_of
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.groups import species_index
from hpcfit.workflow.data_plan import DataPlan
from hpcfit.workflow.model import Model


def check_quantities(resolved: ResolvedJob, model: Model) -> None:
    """Every target must be something that all potentials predict.

    Raises:
        JobError: naming the targets that a calculator does not have.
        PluginError: a calculator cannot be made at the initial values.
    """
    start = model.parameters.values(model.parameters.start)
    problems = [
        resolved.job.source.problem(
            ("targets", quantity),
            f": {', '.join(names)} computes no {quantity}. Write {quantity} = false, or take a calculator "
            "that does.",
        ).text
        for quantity, names in missing_quantities(model.compiled, start).items()
        if getattr(model.targets, quantity)
    ]
    if problems:
        raise JobError(problems)


def tried(model: Model, plan: DataPlan) -> list[str]:
    """Compile the code of potentials and evaluate it for the first configuration; lines on what it costs.

    Raises:
        PluginError: the code cannot be compiled, or fails.
    """
    parts = parts_of(model.compiled)
    if not parts:
        return []
    with Dataset.open(plan.path) as dataset:
        block = dataset.read(plan.indices[:1])
    start = model.parameters.values(model.parameters.start)
    keeper = GeometryKeeper(block, species_index(block, model.species), moving=False)
    geometry = keeper.at(model.compiled.cutoff(start))
    out = np.zeros(int(model.compiled.prediction_offsets(geometry)[-1]))
    for part in parts:
        part.load(derivatives=True)
    begin = time.perf_counter()
    for part in parts:
        part.add(geometry, 0, 1, start, out)
    seconds = time.perf_counter() - begin
    lines = [f"note           {note}" for note in derivative_notes(model.compiled)]
    if has_calculators(model.compiled):
        evaluations = 1 + 2 * max(part.n_free for part in parts)
        whole = seconds * evaluations * plan.n_atoms / block.n_atoms
        lines.append(
            f"calculators    {block.identifier[0]} took {seconds:.2g} s; a Jacobian of all configurations "
            f"will take about {whole:.2g} s on one rank"
        )
    return lines
