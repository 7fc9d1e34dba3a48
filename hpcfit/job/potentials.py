"""From a [[potential]] table to a formula with species, and what the job says of its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hpcfit.errors import HpcfitError, JobError, KernelError
from hpcfit.formula import allowed
from hpcfit.formula.check import check_potential
from hpcfit.formula.keys import KEY_LENGTH, Key, canonical_key, parse_key
from hpcfit.formula.own import constant_fault
from hpcfit.formula.potential import (
    AnyBound,
    BoundPotential,
    FormulaPotential,
    ParameterSpec,
    PotentialForm,
)
from hpcfit.formula.spline_calls import coefficient_name
from hpcfit.formula.spline_shape import SplineShape
from hpcfit.job.auxiliary import auxiliary_parameters, default_value, prior_problems
from hpcfit.job.calculators import ase_potential
from hpcfit.job.formula_ties import formula_ties
from hpcfit.job.locate import KeyPath
from hpcfit.job.messages import unknown_key
from hpcfit.job.mixing import mixed_parameters
from hpcfit.job.options import make
from hpcfit.job.own_formula import own_formula
from hpcfit.job.parameters import ParameterTable
from hpcfit.job.rules import EXACT
from hpcfit.job.schema import PotentialSection
from hpcfit.job.source import JobSource, Problem
from hpcfit.job.splines import SplineWords, spline_parameters
from hpcfit.kernels.hand_written import HandWritten
from hpcfit.potentials.describe import required_options
from hpcfit.problem.parameters import GivenParameter, PotentialInput, build_parameters, tie_problems
from hpcfit.registry import Registry, is_reference
from hpcfit.suggest import listed

_NAMED_KEYS = ("name", "species", "parameters", "mixing", "auxiliary")
_INSTANCE = re.compile(r"potential\[(\d+)\]\.parameters\.(\S+) \(([^)]*)\)(\.tie)?")


def resolve_potential(
    source: JobSource, index: int, section: PotentialSection, registry: Registry
) -> tuple[PotentialInput | None, list[Problem]]:
    """One potential of the job, or None and why not."""
    where: KeyPath = ("potential", index)
    formula, problems = _form(source, index, section, registry)
    if formula is None:
        return None, problems
    try:
        bound = BoundPotential(formula, tuple(section.species))
    except KernelError as error:
        return None, [*problems, source.problem((*where, "species"), f": {error}.")]
    if isinstance(formula, FormulaPotential):
        faults = check_potential(formula, len(bound.species), f"potential[{index}]")
        problems += [
            source.placed(re.sub(r"\.(pair|triplet)_cutoff:", ".cutoff:", fault), where) for fault in faults
        ]
    given: dict[tuple[Key, str], GivenParameter] = {}
    of_splines: dict[tuple[Key, str], SplineWords] = {}
    for path, key, name, table in _entries(source, where, section, bound, problems):
        if (key, name) in given or (key, name) in of_splines:
            problems.append(source.problem(path, ": given twice, for the same species; remove one."))
        if name in _splines(bound):
            of_splines[key, name] = SplineWords(path, key, name, table)
            continue
        if table.fault_of_number is not None:
            fault_at, sentence = table.fault_of_number
            problems.append(source.problem((*path, fault_at), f": {sentence}"))
        spec = formula.parameter(name)
        given[key, name] = table.given(spec, default_value(bound, key, name))
        problems += _range_problems(source, path, spec, table)
        problems += prior_problems(source, path, given[key, name])
    splines = spline_parameters(source, bound, list(of_splines.values()), given)
    given |= splines.given
    problems += splines.problems
    mixed, faults_of_rule = mixed_parameters(source, index, bound, given, section.mixing)
    auxiliary, faults_of_names = auxiliary_parameters(source, index, section, bound)
    tied, faults_of_ties = formula_ties(source, index, bound, given)
    problems += [*faults_of_rule, *faults_of_names, *faults_of_ties]
    words = {**given, **mixed, **auxiliary, **tied}
    made = PotentialInput(bound, words, tuple(section.auxiliary), splines.smooth)
    return (None if problems else made), problems


def tie_faults(source: JobSource, potentials: Sequence[PotentialInput]) -> list[Problem]:
    """Ties of the job that cannot be read, or go in a circle."""
    return [value_problem(source, sentence) for sentence in tie_problems(potentials)]


def value_problems(source: JobSource, potentials: Sequence[PotentialInput]) -> list[Problem]:
    """Parameters of the job without a value, or that start outside their bounds."""
    try:
        build_parameters(potentials)
    except JobError as error:
        return [value_problem(source, sentence) for sentence in error.problems]
    return []


def _form(
    source: JobSource, index: int, section: PotentialSection, registry: Registry
) -> tuple[PotentialForm | None, list[Problem]]:
    """What the table describes: a potential by its name, a calculator, or formulas of its own."""
    if section.ase is not None:
        return ase_potential(source, index, section, registry)
    if section.name is None:
        return own_formula(source, index, section, registry)
    made, problems = _catalogue_entry(source, ("potential", index), section, registry)
    if made is not None and section.difference_step is not None:
        if not isinstance(made, HandWritten) or made.derivatives != "central differences":
            problems.append(source.problem(("potential", index, "difference_step"), EXACT))
        else:
            made = replace(made, difference_step=section.difference_step)  # type: ignore[type-var]
    return made, problems


def _catalogue_entry(
    source: JobSource, where: KeyPath, section: PotentialSection, registry: Registry
) -> tuple[PotentialForm | None, list[Problem]]:
    try:
        item = registry.find("potentials", section.name or "")
    except HpcfitError as error:
        return None, [source.problem((*where, "name"), f": {error}")]
    if isinstance(item, FormulaPotential | HandWritten):
        unknown = [unknown_key(source, (*where, key), _NAMED_KEYS) for key in section.options]
        return (None if unknown else item), unknown
    lacking = [each for each in required_options(item) if each not in section.options]
    if is_reference(section.name or "") and len(lacking) > 1:
        sentence = (
            f": it needs {listed(lacking, 9)}. A function of a distance and of parameters is a formula: "
            f'write pair = "{section.name}".'
        )
        return None, [source.problem((*where, "name"), sentence)]
    made, problems = make(source, where, item, section.options, _NAMED_KEYS)
    if made is not None and not isinstance(made, FormulaPotential | HandWritten):
        sentence = f": {section.name} returned {type(made).__name__}, not a FormulaPotential."
        return None, [source.problem((*where, "name"), sentence)]
    return made, problems


def _entries(
    source: JobSource,
    where: KeyPath,
    section: PotentialSection,
    bound: AnyBound,
    problems: list[Problem],
) -> Iterator[tuple[KeyPath, Key, str, ParameterTable]]:
    """(place, canonical key, name, table) of each parameter given; with one species, all keys are ()."""
    for text, tables in section.parameters.items():
        group = (*where, "parameters", *([text] if text else []))
        key = parse_key(text)
        try:
            canonical_key(key, bound.species)
        except KernelError as error:
            problems.append(source.problem(group, f": {error}"))
            continue
        for name, table in tables.items():
            try:
                parameter = coefficient_name(name, 0) if name in _splines(bound) else name
                bound.formula.parameter(parameter)
                if name in allowed.SPECIES_CONSTANTS and isinstance(bound.formula, FormulaPotential):
                    raise KernelError(constant_fault(name))
                found = bound.instance(parameter, key).key if key else ()
            except KernelError as error:
                problems.append(source.problem((*group, name), f": {error}"))
                continue
            yield (*group, name), found if len(bound.species) > 1 else (), name, table


def _splines(bound: AnyBound) -> Mapping[str, SplineShape]:
    return bound.formula.splines if isinstance(bound.formula, FormulaPotential) else {}


def _range_problems(
    source: JobSource, path: KeyPath, spec: ParameterSpec, table: ParameterTable
) -> Iterator[Problem]:
    """A value that makes no sense for this parameter, unless the job's own bounds say it does."""
    if table.number is None:
        return
    if table.min is None and spec.minimum is not None and table.number < spec.minimum:
        yield source.problem(path, f": must be at least {spec.minimum:g}, not {table.number:g}.")
    if table.max is None and spec.maximum is not None and table.number > spec.maximum:
        yield source.problem(path, f": must be at most {spec.maximum:g}, not {table.number:g}.")


def value_problem(source: JobSource, sentence: str) -> Problem:
    """Find the line of `potential[0].parameters.A (Si-C): ...`, however the job spells the pair."""
    match = _INSTANCE.match(sentence)
    if match is None:
        return source.placed(sentence)
    group: KeyPath = ("potential", int(match[1]), "parameters")
    wanted = _unordered(parse_key(match[3]))
    spelled: list[KeyPath] = [
        path
        for path in source.lines
        if path[:3] == group and len(path) == 5 and path[4] == match[2]
        if _unordered(parse_key(str(path[3]))) == wanted
    ]
    path = (spelled or [(*group, match[3], match[2])])[0]
    return source.problem((*path, "tie") if match[4] else path, sentence[match.end() :])


def _unordered(key: Key) -> tuple[str, ...]:
    """The same for all spellings of a pair or triplet; a triplet's centre stays first."""
    return (*key[:1], *sorted(key[1:])) if len(key) == KEY_LENGTH["triplet"] else tuple(sorted(key))


def free_parameter_exists(potentials: Sequence[PotentialInput]) -> bool:
    """Whether anything would be fitted."""
    words = (given for potential in potentials for given in potential.given.values())
    return any(not given.fixed and given.tie is None for given in words)
