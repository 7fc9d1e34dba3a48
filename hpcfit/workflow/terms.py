"""Whether the formulas of a job have values where atoms can be, and whether they end smoothly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import JobError, KernelError
from hpcfit.formula.potential import BoundPotential, FormulaPotential
from hpcfit.formula.sample_ends import Jump, idle_ends, jumps
from hpcfit.formula.sample_faults import sample_faults
from hpcfit.formula.sample_limits import limit_faults, order_faults
from hpcfit.formula.sample_points import Places
from hpcfit.job import ResolvedJob
from hpcfit.kernels.cutoff import CutoffFormulas
from hpcfit.kernels.terms import potential_terms
from hpcfit.potentials import option_choices
from hpcfit.problem.parameters import PotentialInput
from hpcfit.workflow.closest import ClosestApproach, bond_length
from hpcfit.workflow.first_knots import late_splines
from hpcfit.workflow.model import Model
from hpcfit.workflow.reach import term_path

#: choices of the option `truncation` that leave a jump
_ABRUPT = ("none", "shift")


def check_terms(
    resolved: ResolvedJob, inputs: Sequence[PotentialInput], model: Model, closest: ClosestApproach
) -> list[str]:
    """Warnings of terms that jump at their cutoffs, or end before them, and of splines that begin too late.

    Raises:
        JobError: terms of which no kernel can be made, that have no bonds, or no finite value somewhere
            between close atoms and the cutoff.
    """
    values = model.parameters.values(model.parameters.start)
    source, problems, warnings = resolved.job.source, [], []
    first = 0
    for index, each in enumerate(inputs):
        last = first + len(each.bound.instances)
        if isinstance(each.bound.formula, FormulaPotential):
            bound = cast(BoundPotential, each.bound)
            refused = _refused(bound, values[first:last], f"potential[{index}]")
            if refused is not None:
                problems.append(source.placed(refused, ("potential", index)).text)
            places = Places(bound, values[first:last], closest, bond_length)
            limits = [*_limits(bound, values[first:last], places)]
            problems += [
                source.problem(("potential", index, *path), sentence).text for path, sentence in limits
            ]
            for place, fault in () if limits else sample_faults(places):
                inside = "" if place == "embedding" else "inside the cutoff, "
                sentence = f": {fault}, {inside}at the initial values. Change the formula, or the values."
                problems.append(source.problem(term_path(index, place), sentence).text)
            if not problems:
                warnings += [
                    source.problem(term_path(index, place), sentence).text
                    for place, sentence in [*_ends(resolved, index, places), *late_splines(places, closest)]
                ]
        first = last
    if problems:
        raise JobError(problems)
    return warnings


def _ends(resolved: ResolvedJob, index: int, places: Places) -> Iterator[tuple[str, str]]:
    """(place, sentence) on terms that jump at their cutoff, or end before it."""
    for jump in jumps(places):
        advice = _advice(resolved, index, jump)
        yield jump.place, f" does not end smoothly: {_amounts(jump)}, at the initial values. {advice}"
    for idle in idle_ends(places):
        yield (
            idle.place,
            f" ends with its splines at {idle.spline_end:g} angstrom, and its cutoff is {idle.cutoff:g} "
            f"angstrom: "
            "bonds between the two cost time for nothing. "
            f"Write r_max={idle.cutoff:g}, or a cutoff of {idle.spline_end:g}.",
        )


def _limits(
    bound: BoundPotential, values: NDArray[np.float64], places: Places
) -> Iterator[tuple[tuple[str, ...], str]]:
    """(key of the potential, sentence) of what begins behind its end."""
    for place, sentence in limit_faults(places):
        yield tuple(place.split(".")), f": {sentence}"
    for name, sentence in order_faults(bound, values):
        yield ("parameters", name), sentence


def _refused(bound: BoundPotential, values: NDArray[np.float64], where: str) -> str | None:
    """Why no kernel can be made of a potential, or why it would never find a bond; None if neither."""
    try:
        potential_terms(bound, where)
    except KernelError as error:
        return str(error)
    cutoffs = CutoffFormulas([bound]).each(values)
    if cutoffs and max(cutoffs) <= 0.0:
        return (
            f"{where}.cutoff: at the initial values it is {max(cutoffs):g} angstrom, so that no atom has a "
            "neighbour. Give values, or write the cutoff, so that it is a length above 0."
        )
    return None


def _amounts(jump: Jump) -> str:
    """ "at the cutoff of Si-C, 4 angstrom, the energy jumps by 0.1 eV and the force by 2 eV/angstrom"."""
    what, slope, unit, per_length = {
        "pair": ("the energy", "the force", " eV", " eV/angstrom"),
        "triplet": ("the energy", "the force", " eV", " eV/angstrom"),
        "bond_environment": ("zeta", "its slope", "", " per angstrom"),
    }.get(jump.place, ("the density", "its slope", "", " per angstrom"))
    amounts = [(what, jump.value, unit)] if jump.value else []
    amounts += [(slope, jump.slope, per_length)] if jump.slope else []
    (name, size, of), *rest = amounts
    kind = f" of {'-'.join(jump.atoms)}" if len(set(jump.atoms)) > 1 else ""
    more = "".join(f" and {name} by {size:.2g}{of}" for name, size, of in rest)
    return f"at the cutoff{kind}, {jump.cutoff:g} angstrom, {name} jumps by {size:.2g}{of}{more}"


def _advice(resolved: ResolvedJob, index: int, jump: Jump) -> str:
    """How to avoid a jump: by an option of the potential if it has one, by a factor in one's own formula."""
    name = resolved.job.potential[index].name if index < len(resolved.job.potential) else None
    if name is None and jump.spline_end is not None:
        return f"Write r_max={jump.cutoff:g} in its splines, or a cutoff of {jump.spline_end:g}."
    if name is None:
        factors = {
            "triplet": "switch(r1, r_in, r_out)*switch(r2, r_in, r_out), each of which falls",
            "bond_environment": "switch(r2, r_in, r_out), which falls",
        }
        factor = factors.get(jump.place, "switch(r, r_in, r_out), which falls")
        return f"Multiply it by {factor} from 1 to 0 between two distances."
    choices = option_choices(resolved.registry.find("potentials", name)).get("truncation", ())
    smooth = [f'"{choice}"' for choice in choices if choice not in _ABRUPT]
    if smooth:
        return f"Write truncation = {' or '.join(smooth)} to avoid it."
    return "A longer cutoff makes it smaller."
