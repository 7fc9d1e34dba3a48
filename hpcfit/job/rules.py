"""What must hold between the keys of a job file, beyond the type and range of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel

from hpcfit.job.messages import unknown_key
from hpcfit.job.schema import DataSection, PotentialSection, RunSection, TargetsSection
from hpcfit.job.source import JobSource, Problem

_FORMULAS = ("pair", "triplet", "embedding", "site")
_OWN_KEYS = (*_FORMULAS, "density", "bond_environment", "cutoff", "let")
#: of difference_step, for a potential that needs no differences
EXACT = ": derivatives by the parameters of this potential are exact; remove it."


def section_problems(
    source: JobSource,
    sections: Mapping[str, BaseModel],
    potentials: Sequence[PotentialSection | None],
) -> Iterator[Problem]:
    """The faults of a job's well-formed tables."""
    data, targets, run = (sections.get(name) for name in ("data", "targets", "run"))
    if isinstance(data, DataSection):
        yield from _data_problems(source, data)
    if isinstance(targets, TargetsSection):
        yield from _target_problems(source, targets)
    if isinstance(run, RunSection) and run.device == "cuda":
        sentence = ': "cuda" is not part of this version of hpcfit; write "cpu" or "auto".'
        yield source.problem(("run", "device"), sentence)
    for index, potential in enumerate(potentials):
        if potential is not None:
            yield from _species_problems(source, index, potential)
            yield from _formula_problems(source, index, potential)


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


def _formula_problems(source: JobSource, index: int, potential: PotentialSection) -> Iterator[Problem]:
    where = ("potential", index)
    given = [key for key in _OWN_KEYS if key in potential.model_fields_set]
    if potential.name is not None or potential.ase is not None:
        chosen = "name" if potential.name is not None else "ase"
        for key in given:
            sentence = f": give either {chosen} or a formula of your own, not both."
            yield source.problem((*where, key), sentence)
        if potential.name is not None and potential.ase is not None:
            yield source.problem((*where, "ase"), ": give either name or ase, not both.")
        return
    if potential.difference_step is not None:
        yield source.problem((*where, "difference_step"), EXACT)
    for key in potential.options:
        yield unknown_key(source, (*where, key), tuple(PotentialSection.model_fields))
    if not set(given) & set(_FORMULAS):
        yield source.problem(
            (*where, "name"),
            " is missing: a potential that `hpcfit potentials` lists, or a formula of your own "
            "(pair, triplet, cutoff).",
        )
    elif not potential.cutoff and (potential.pair or potential.triplet):
        yield source.problem(
            (*where, "cutoff"), " is missing: a number or an expression of parameters, in angstrom."
        )
