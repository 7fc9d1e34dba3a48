"""Whether the bonds within a cutoff fit into the memory of this machine, told before any are searched."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Dataset
from hpcfit.errors import JobError
from hpcfit.formula.potential import BoundPotential, FormulaPotential
from hpcfit.job import ResolvedJob
from hpcfit.kernels.cutoff import CutoffFormulas
from hpcfit.problem.memory import estimate_bonds
from hpcfit.problem.parameters import PotentialInput
from hpcfit.workflow.data_plan import DataPlan
from hpcfit.workflow.memory import model_needs, plan_rank
from hpcfit.workflow.model import Model

_GIB = 2.0**30
#: with so many times what a machine has, no number of ranks is enough
_HOPELESS = 1e3
#: where a container or a batch system says how much of the machine is ours
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def check_room(
    resolved: ResolvedJob,
    inputs: Sequence[PotentialInput],
    model: Model,
    plan: DataPlan,
    ranks: int,
) -> None:
    """One rank's share must fit into the machine, as far as the mean density of the data tells.

    Raises:
        JobError: it does not; with the potential whose cutoff it is, and what to do.
    """
    needs = model_needs(resolved, model)
    there = machine_memory()
    if there is None or plan_rank(plan, needs, ranks, 1.0)[1].predicted <= there:
        return
    expected = estimate_bonds(plan.natoms, plan.volume, needs.build_cutoff)
    bonds = np.minimum(expected, most_bonds(plan)).sum()
    predicted = plan_rank(plan, needs, ranks, float(bonds / expected.sum()))[1].predicted
    if predicted <= there:
        return
    advice = "Give a shorter cutoff"
    if predicted < _HOPELESS * there:
        advice += ", or use more ranks"
    if predicted < _HOPELESS * there and resolved.job.run.memory_limit is None:
        advice += ", or set run.memory_limit, and bonds are searched anew whenever they are needed"
    sentence = (
        f": about {bonds / plan.n_atoms:.6g} neighbours of each of {plan.n_atoms} atoms are within "
        f"{needs.build_cutoff:g} angstrom; a rank would need {predicted / _GIB:.3g} GiB, and this machine "
        f"has {there / _GIB:.3g} GiB. {advice}."
    )
    source = resolved.job.source
    raise JobError(source.problem(("potential", _longest(inputs, model), "cutoff"), sentence).text)


def most_bonds(plan: DataPlan) -> NDArray[np.float64]:
    """Bonds that each configuration (n,) can have at all: without periodic images, of each two atoms."""
    periodic = np.ones(len(plan.indices), dtype=bool)
    with Dataset.open(plan.path) as dataset:
        for part in np.array_split(np.arange(len(plan.indices)), max(1, plan.n_atoms // 100_000)):
            periodic[part] = dataset.read(plan.indices[part]).pbc.any(axis=1)
    return np.where(periodic, np.inf, plan.natoms * (plan.natoms - 1.0))


def machine_memory() -> int | None:
    """Bytes that this machine has, or lets us have; None where it does not say."""
    found = []
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for limit in map(Path, _LIMITS):
        try:
            text = limit.read_text().strip()
        except OSError:
            continue
        found += [int(text)] if text.isdigit() else []
    return min(found, default=None)


def _longest(inputs: Sequence[PotentialInput], model: Model) -> int:
    """Which of the potentials has the longest cutoff."""
    values = model.parameters.values(model.parameters.start)
    first, cutoffs = 0, []
    for each in inputs:
        last = first + len(each.bound.instances)
        of_formulas = isinstance(each.bound.formula, FormulaPotential)
        cutoffs.append(
            CutoffFormulas([cast(BoundPotential, each.bound)])(values[first:last]) if of_formulas else 0.0
        )
        first = last
    return int(np.argmax(cutoffs))
