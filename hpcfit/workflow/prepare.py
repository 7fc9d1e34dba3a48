"""Everything between a job file and the first evaluation, on every rank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import ConfigurationBlock
from hpcfit.data.elements import atomic_number
from hpcfit.job.loss_rules import is_robust
from hpcfit.kernels.model_facts import device_of
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.tree import load_merging
from hpcfit.problem.groups import ResidualChoice, build_groups
from hpcfit.problem.local_objective import LocalObjective
from hpcfit.problem.loss import TargetLoss
from hpcfit.problem.parameters import PotentialInput
from hpcfit.weights import WeightScheme
from hpcfit.workflow.closest import ClosestApproach, close_bonds
from hpcfit.workflow.data_plan import DataPlan, require_targets
from hpcfit.workflow.devices import CPU
from hpcfit.workflow.hand_written import check_quantities
from hpcfit.workflow.loss import use_losses
from hpcfit.workflow.memory import model_needs, predicted_peak
from hpcfit.workflow.model import Model, build_model, model_inputs
from hpcfit.workflow.plan import Plan
from hpcfit.workflow.reach import absent, crowded, parts_of_block, reaches, unreached
from hpcfit.workflow.residual import residual_choice
from hpcfit.workflow.room import check_room
from hpcfit.workflow.share import Share, share_out
from hpcfit.workflow.terms import check_terms
from hpcfit.workflow.weights import weight_scheme


@dataclass(frozen=True)
class Prepared:
    """A fit ready to start.

    Attributes:
        potentials: those of the model, the reference energies (if any) last.
        share: this rank's chunks of the training data.
        objective: over those chunks.
        memory: bytes this rank is expected to hold at most.
        warnings: of formulas that do not end smoothly, or end where no or too many neighbours are, the same
            on all ranks.
        losses: of energy, forces and stress, or of all residuals; empty for least squares.
    """

    plan: Plan
    model: Model
    potentials: tuple[PotentialInput, ...]
    share: Share
    objective: LocalObjective
    memory: int
    warnings: tuple[str, ...] = ()
    losses: tuple[TargetLoss, ...] = ()


def prepare(comm: Communicator, plan: Plan) -> Prepared:
    """Read this rank's share of the data, compile the model and build bonds and rows.

    Raises:
        HpcfitError: on all ranks alike.
    """
    resolved = plan.resolved
    species = plan.train.species
    with agreement(comm):
        inputs = model_inputs(resolved, species, {})
        model = build_model(resolved, inputs, plan.devices.own)
        check_quantities(resolved, model)
    needs = model_needs(resolved, model, on_device=plan.devices.kind != CPU)
    with agreement(comm):
        check_room(resolved, inputs, model, plan.train, comm.size)
    share = share_out(comm, plan.train, needs, plan.pace)
    check_targets(comm, plan, share.block)
    with agreement(comm):
        close = ClosestApproach.of_bonds(close_bonds(share.block, allow_overlaps=True))
    closest = ClosestApproach.of_all(comm.allgather(close))
    with agreement(comm):
        warnings = check_terms(resolved, inputs, model, closest)
        all_reaches = reaches(inputs, model, species)
        warnings += [*absent(resolved, plan.train), *crowded(resolved, all_reaches, plan.train)]
    warnings += unreached(comm, resolved, all_reaches, partial(parts_of_block, share.block))
    least_squares = reference_start(comm, resolved.job.targets.reference_energies, plan.train, share.block)
    start = {**least_squares, **plan.start.energies}
    choice = residual_choice(comm, resolved, model.targets, plan.train, share)
    choice = replace(choice, robust=is_robust(resolved.job.loss))
    weighed = replace(resolved, residual=choice.residual)
    scheme = weight_scheme(comm, weighed, model.targets, plan.train, share.block)
    with agreement(comm):
        if start:
            inputs = model_inputs(resolved, species, start)
            model = build_model(resolved, inputs, plan.devices.own)
        # Compiling takes a while and comes last, so that bad data are told of at once.
        model.compiled.load_kernels()
        load_merging()
        objective = local_objective(model, share, scheme, choice)
    losses = use_losses(comm, resolved, choice.residual, objective, share.block) if choice.robust else ()
    work = share.work
    memory = predicted_peak(work.amounts, work.memory, plan.test, needs, comm.size, work.bond_ratio)
    # The objective holds the bonds from here on, and may let go of them.
    share = replace(share, work=replace(work, geometry=None))
    return Prepared(plan, model, inputs, share, objective, memory, tuple(warnings), losses)


def local_objective(
    model: Model, share: Share, scheme: WeightScheme, choice: ResidualChoice
) -> LocalObjective:
    """The objective over this rank's chunks, weighed by `scheme`."""
    groups = build_groups(
        share.block,
        share.bounds,
        share.work.bonds,
        species=model.species,
        targets=model.targets,
        scheme=scheme,
        choice=choice,
        moving=model.moving,
        memory=share.work.memory,
        geometry=share.work.geometry,
        device=device_of(model.compiled),
    )
    return LocalObjective(model.compiled, model.parameters, groups)


def check_targets(comm: Communicator, plan: Plan, block: ConfigurationBlock) -> None:
    """Every target must have at least one reference among the configurations of all ranks.

    Raises:
        JobError: on all ranks, naming the targets without references.
    """
    own = {
        "energy": bool((~np.isnan(block.energy)).any()),
        "forces": bool((~np.isnan(block.force)).any()),
        "stress": bool((~np.isnan(block.stress)).any()),
    }
    everyone = comm.allgather(own)
    present = {name: any(each[name] for each in everyone) for name in own}
    require_targets(plan.resolved.job, plan.train, present)


def reference_start(
    comm: Communicator,
    energies: Mapping[str, float | Literal["fit"]],
    plan: DataPlan,
    block: ConfigurationBlock,
) -> Mapping[str, float]:
    """Where fitted reference energies start: least squares of the energies by composition, in eV.

    They enter linearly, so the start decides nothing but the size of the first step.
    """
    fitted = [symbol for symbol, value in energies.items() if value == "fit"]
    if not fitted:
        return {}
    numbers = [atomic_number(symbol) for symbol in plan.species]
    counts = _composition(block, numbers)
    gathered = comm.gather((counts, block.energy))
    start: dict[str, float] = {}
    if gathered is not None:
        table = np.concatenate([part for part, _ in gathered])
        energy = np.concatenate([part for _, part in gathered])
        known = ~np.isnan(energy)
        given = [energies[symbol] for symbol in plan.species]
        rest = energy - table @ np.array([0.0 if value == "fit" else value for value in given])
        free = [k for k, value in enumerate(given) if value == "fit"]
        solution = np.linalg.lstsq(table[known][:, free], rest[known], rcond=None)[0]
        start = {plan.species[k]: float(value) for k, value in zip(free, solution, strict=True)}
    everywhere: dict[str, float] = comm.bcast(start)
    return everywhere


def _composition(block: ConfigurationBlock, numbers: list[int]) -> NDArray[np.float64]:
    owner = np.repeat(np.arange(len(block)), block.natoms)
    table = np.zeros((len(block), len(numbers)))
    for k, number in enumerate(numbers):
        table[:, k] = np.bincount(owner[block.number == number], minlength=len(block))
    return table
