"""Derivatives of energies, forces and stress of configurations."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.choice import Choice, check_amount, nothing_held_out, places, refuse
from hpcfit.analysis.influence import Progress
from hpcfit.analysis.sensitivity_report import Sensitivity
from hpcfit.analysis.slopes import Slopes, by_values, chosen_parameters
from hpcfit.errors import RunError
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator
from hpcfit.problem.geometry_keeper import GeometryKeeper
from hpcfit.problem.groups import part_of, species_index
from hpcfit.problem.row_names import row_name
from hpcfit.workflow.data_plan import DataPlan
from hpcfit.workflow.memory import model_needs, needs_for_test_set
from hpcfit.workflow.prepare import Prepared
from hpcfit.workflow.reopen import Reopened
from hpcfit.workflow.share import Share, share_out

IntArray = NDArray[np.int64]

_TARGETS = ("energy", "forces", "stress")


def of_configurations(
    comm: Communicator,
    reopened: Reopened,
    prepared: Prepared,
    choice: Choice,
    chosen: list[int],
    progress: Progress | None,
) -> Sensitivity | None:
    model, name = prepared.model, reopened.name
    plan, share = _part(comm, prepared, name, choice.test)
    everyone = [each for part in comm.allgather(share.block.identifier) for each in part]
    targets = [each for each in _TARGETS if getattr(model.targets, each)]
    with agreement(comm):
        refuse(name, "configurations", row=choice.rows)
        quantities = [targets[k] for k in places(name, "quantity", choice.quantities, targets)]
        asked = {everyone[k] for k in places(name, "configuration", choice.configurations, everyone)}
        tags = sorted(set(plan.tags))
        kept = {tags[k] for k in places(name, "tag", choice.tags, tags)}
        block = share.block
        own = [i for i in range(len(block)) if block.identifier[i] in asked and block.tag[i] in kept]
    amount = sum(comm.allgather(sum(7 + 3 * int(block.natoms[i]) for i in own))) * len(chosen)
    check_amount(name, amount, "--configuration or --tag")
    if not sum(comm.allgather(len(own))):
        raise RunError(f"{name}: none of these configurations has one of these tags.")
    values = model.parameters.values(reopened.theta)
    parts, texts = [Slopes.empty(len(chosen))], []
    with agreement(comm):
        for done, i in enumerate(own, start=1):
            part = part_of(block, i, i + 1)
            keeper = GeometryKeeper(part, species_index(part, model.species), moving=False)
            geometry = keeper.at(model.compiled.cutoff(values))
            found = model.compiled.predict_jacobian(geometry, 0, 1, values).T
            rows = _wanted_rows(
                int(block.natoms[i]),
                quantities,
                not np.isnan(part.volume[0]),
            )
            slopes = by_values(model.parameters, reopened.theta, np.ascontiguousarray(found[:-1, rows]))
            parts.append(Slopes(rows * 0, rows, found[-1, rows], slopes[chosen].T))
            natoms = int(block.natoms[i])
            texts += [
                (block.identifier[i], row_name(row, natoms), _kind(row, natoms)) for row in rows.tolist()
            ]
            if progress is not None:
                progress(done, len(own))
    gathered = comm.gather((Slopes.joined(parts), texts))
    if gathered is None:
        return None
    whole = Slopes.joined([each for each, _ in gathered])
    named = [each for _, several in gathered for each in several]
    labels, numbers = chosen_parameters(reopened, chosen)
    return Sensitivity(
        table=None,
        names=tuple(each for each, _, _ in named),
        predictions=tuple(each for _, each, _ in named),
        quantities=tuple(each for _, _, each in named),
        inputs={},
        labels=labels,
        values=numbers,
        predicted=whole.predicted,
        derivative=whole.derivative,
        test=choice.test,
    )


def _part(comm: Communicator, prepared: Prepared, name: str, test: bool) -> tuple[DataPlan, Share]:
    """The configurations that were fitted, or those that were held out."""
    if not test:
        return prepared.plan.train, prepared.share
    plan = prepared.plan
    if plan.test is None:
        raise nothing_held_out(name)
    needs = needs_for_test_set(model_needs(plan.resolved, prepared.model), prepared.share.work.amounts)
    return plan.test, share_out(comm, plan.test, needs)


def _kind(row: int, natoms: int) -> str:
    return _TARGETS[0 if row == 0 else 1 if row <= 3 * natoms else 2]


def _wanted_rows(natoms: int, quantities: list[str], volume: bool) -> IntArray:
    """Rows of one configuration's predictions; one without a volume has no stress."""
    rows = {
        "energy": [0],
        "forces": range(1, 1 + 3 * natoms),
        "stress": range(1 + 3 * natoms, 7 + 3 * natoms) if volume else [],
    }
    return np.array([row for each in quantities for row in rows[each]], dtype=np.int64)
