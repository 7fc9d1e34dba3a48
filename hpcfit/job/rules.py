"""What must hold between the keys of a job file, beyond the type and range of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from hpcfit.job.loss_rules import loss_problems
from hpcfit.job.messages import unknown_key
from hpcfit.job.schema import (
    DataSection,
    LossSection,
    ModelSection,
    PotentialSection,
    TargetsSection,
)
from hpcfit.job.source import JobSource, Problem
from hpcfit.job.table_rules import table_problems
from hpcfit.suggest import closest_name

_FORMULAS = ("pair", "triplet", "embedding", "site")
_CUT_TERMS = ("pair", "triplet", "density", "bond_environment")
_OWN_KEYS = (*_FORMULAS, "density", "bond_environment", "cutoff", "let")
#: of difference_step, for a potential that needs no differences
EXACT = ": derivatives by the parameters of this potential are exact; remove it."


def section_problems(
    source: JobSource,
    sections: Mapping[str, BaseModel],
) -> Iterator[Problem]:
    """The faults of a job's well-formed tables, but for those of potentials."""
    data, targets = (sections.get(name) for name in ("data", "targets"))
    model, loss = sections.get("model"), sections.get("loss")
    if isinstance(data, DataSection):
        yield from _data_problems(source, data)
        if isinstance(model, ModelSection):
            yield from table_problems(source, data, model)
    if isinstance(targets, TargetsSection):
        yield from _target_problems(source, targets)
    if isinstance(loss, LossSection):
        known = data if isinstance(data, DataSection) else None
        quantities = targets if isinstance(targets, TargetsSection) else None
        yield from loss_problems(source, loss, known, quantities)


def potential_problems(source: JobSource, index: int, potential: PotentialSection) -> list[Problem]:
    """What is wrong with a [[potential]] whose keys are well formed."""
    found = [_species_problems, _named_problems if _has_name(potential) else _formula_problems]
    return [problem for problems in found for problem in problems(source, index, potential)]


def _data_problems(source: JobSource, data: DataSection) -> Iterator[Problem]:
    if data.test is not None and data.test_fraction is not None:
        yield source.problem(("data", "test_fraction"), ": give either test or test_fraction, not both.")


def _target_problems(source: JobSource, targets: TargetsSection) -> Iterator[Problem]:
    if not (targets.energy or targets.forces or targets.stress):
        yield source.problem(("targets",), ": none of energy, forces and stress is true; nothing is fitted.")
    if not targets.energy:
        for symbol, value in targets.reference_energies.items():
            if value == "fit":
                key = ("targets", "reference_energies", symbol)
                yield source.problem(key, ": cannot be fitted with energy = false; give a number.")


def _species_problems(source: JobSource, index: int, potential: PotentialSection) -> Iterator[Problem]:
    for position, symbol in enumerate(potential.species):
        if symbol in potential.species[:position]:
            yield source.problem(
                ("potential", index, "species", position), f": {symbol} is listed twice; remove one."
            )


def makes_sense(potential: PotentialSection) -> bool:
    """Whether its keys go together, so that it is worth while to look at what they say."""
    given = _own_keys(potential)
    if len(set(potential.species)) < len(potential.species):
        return False
    if _has_name(potential):
        return not given and (potential.name is None or potential.ase is None)
    return bool(given & set(_FORMULAS)) and not _lacks_cutoff(potential)


def _own_keys(potential: PotentialSection) -> set[str]:
    return {key for key in _OWN_KEYS if key in potential.model_fields_set}


def _has_name(potential: PotentialSection) -> bool:
    return potential.name is not None or potential.ase is not None


def _named_problems(source: JobSource, index: int, potential: PotentialSection) -> Iterator[Problem]:
    """Of a potential with a name, or that is a calculator."""
    where = ("potential", index)
    if potential.name is not None and potential.ase is not None:
        yield source.problem((*where, "ase"), ": give either name or ase, not both.")
    given = [key for key in _OWN_KEYS if key in potential.model_fields_set]
    if given:
        chosen = "name" if potential.name is not None else "ase"
        which = f" ({', '.join(given)})" if len(given) > 1 else ""
        sentence = f": give either {chosen} or a formula of your own{which}, not both."
        yield source.problem((*where, given[0]), sentence)


def _formula_problems(source: JobSource, index: int, potential: PotentialSection) -> Iterator[Problem]:
    """Of a potential given by formulas."""
    where = ("potential", index)
    keys = tuple(PotentialSection.model_fields)
    if potential.difference_step is not None:
        yield source.problem((*where, "difference_step"), EXACT)
    for key in potential.options:
        yield unknown_key(source, (*where, key), keys)
    meant = {closest_name(key, keys) for key in potential.options}
    if not (_own_keys(potential) | meant) & {"name", "ase", *_FORMULAS}:
        yield source.problem(
            (*where, "name"),
            " is missing: a potential that `hpcfit potentials` lists, or a formula of your own "
            "(pair, triplet, cutoff).",
        )
    elif _lacks_cutoff(potential) and "cutoff" not in meant:
        yield source.problem(
            (*where, "cutoff"), " is missing: a number or an expression of parameters, in angstrom."
        )


def _lacks_cutoff(potential: PotentialSection) -> bool:
    """Whether there are terms of bonds, and nothing says where they end."""
    own = any(each.cutoff for each in potential.density.values())
    return bool(_own_keys(potential) & set(_CUT_TERMS)) and not potential.cutoff and not own
