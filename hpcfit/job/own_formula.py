"""A potential that the job gives as formulas: which names are parameters, and of which kind.

A parameter is every name that the formulas use and that is not a variable. How the job keys its
value says its kind: bare is shared by all species, "Si" one per species, "Si-C" one per pair,
"Si-C-C" one per triplet. A formula may be a function in a Python file, "file.py:function".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from hpcfit.errors import HpcfitError, KernelError, PluginError
from hpcfit.formula import allowed
from hpcfit.formula.check import check_potential, names_in
from hpcfit.formula.keys import Kind, parse_key
from hpcfit.formula.own import (
    GivenFormulas,
    OwnFormulas,
    kind_of_keys,
    own_potential,
    parameter_names,
    unused_fault,
)
from hpcfit.formula.own_check import check_own, unused_parts
from hpcfit.formula.potential import FormulaPotential
from hpcfit.formula.spline_calls import splines_in
from hpcfit.formula.tracings import Formula
from hpcfit.job.locate import KeyPath
from hpcfit.job.schema import PotentialSection
from hpcfit.job.source import JobSource, Problem
from hpcfit.job.splines import spline_of
from hpcfit.registry import Registry, is_reference
from hpcfit.suggest import closest_name, suggestion

_TERMS = ("pair", "triplet", "bond_environment", "embedding", "site")


def own_formula(
    source: JobSource, index: int, section: PotentialSection, registry: Registry
) -> tuple[FormulaPotential | None, list[Problem]]:
    """The potential that a [[potential]] without a name describes, or None and why not."""
    where = f"potential[{index}]"
    try:
        formulas = _formulas(section, registry, where).written(where)
    except HpcfitError as error:
        return None, [source.placed(str(error), ("potential", index))]
    faults = _unreadable(where, formulas)
    if faults:
        return None, [source.placed(fault) for fault in faults]
    try:
        kinds = _kinds(where, section, formulas)
        check_own(formulas, kinds, where)
        names = parameter_names(formulas, kinds, where)
        unused = [name for name in kinds if name not in {*names, *allowed.SPECIES_CONSTANTS}]
        used = {name: kind for name, kind in kinds.items() if name not in unused}
        formula = own_potential(formulas, used, where)
    except KernelError as error:
        return None, [source.placed(str(error), ("potential", index))]
    problems = [
        source.problem(_path(index, section, name), f": {unused_fault(name, names)}") for name in unused
    ]
    problems += [source.placed(fault) for fault in unused_parts(formulas, where)]
    problems += _without_value(
        source, index, section, formula, [closest_name(each, names) for each in unused]
    )
    if problems:
        faults = check_potential(formula, len(section.species), where)
        return None, [*problems, *(source.placed(fault, ("potential", index)) for fault in faults)]
    return formula, []


def _path(index: int, section: PotentialSection, name: str) -> KeyPath:
    """Where a parameter is given first."""
    key = next(key for key, tables in section.parameters.items() if name in tables)
    return ("potential", index, "parameters", *([key] if key else []), name)


def _without_value(
    source: JobSource,
    index: int,
    section: PotentialSection,
    formula: FormulaPotential,
    misspelt: Collection[str | None],
) -> Iterator[Problem]:
    """Names of formulas that are given no value, but for those that are given one under a misspelt name."""
    given = {name for tables in section.parameters.values() for name in tables}
    needed = [spec for spec in formula.parameters if spec.default is None]
    known = {*given, *allowed.SPECIES_CONSTANTS}
    missing = [spec.name for spec in needed if known.isdisjoint((spec.name, spec.spline or spec.name))]
    for name in dict.fromkeys(spline_of(name, formula.splines) or name for name in missing):
        if name not in misspelt:
            sentence = f": the formula uses {name}, which is given no value.{_advice(name, given, section)}"
            yield source.problem(("potential", index, "parameters"), sentence)


def _advice(name: str, given: Collection[str], section: PotentialSection) -> str:
    """What to do about a name without a value, which may be meant as a sum over bonds."""
    makes = {"rho": "density", "zeta": "bond_environment"}.get(name)
    if makes is not None:
        return f" Give {makes}, which makes it, or a value."
    if name == "theta" and (section.triplet or section.bond_environment):
        return " Write costheta, the cosine of the angle, or acos(costheta)."
    stem, _, invariant = name.rpartition("_")
    ranks = {"squared": '"vector" or "tensor"', "trace": '"tensor"'}
    if stem in section.density and invariant in ranks:
        return f" Give the density {stem} the rank {ranks[invariant]}, which makes it, or a value."
    return allowed.NO_NUMBERS.get(name) or suggestion(name, given)


def _formulas(section: PotentialSection, registry: Registry, where: str) -> GivenFormulas:
    """The formulas of the table, with the functions that references stand for."""

    def found(text: str, place: str) -> Formula:
        try:
            return registry.function(text) if is_reference(text) else text
        except PluginError as error:
            raise PluginError(f"{where}.{place}: {error}") from error

    places = {name: "density" if len(section.density) == 1 else f"density.{name}" for name in section.density}
    terms = {key: getattr(section, key) for key in _TERMS}
    own = {f"density.{name}": each.cutoff for name, each in section.density.items()}
    cutoffs = {**section.cutoff, **{name: text for name, text in own.items() if text is not None}}
    return GivenFormulas(
        {key: found(text, key) for key, text in terms.items() if text is not None},
        {name: (found(each.formula, places[name]), each.rank) for name, each in section.density.items()},
        {key: found(text, "cutoff") for key, text in cutoffs.items()},
        {name: found(text, f"let.{name}") for name, text in section.let.items()},
    )


def _unreadable(where: str, formulas: OwnFormulas) -> list[str]:
    faults = []
    for place, text in formulas.texts:
        try:
            names_in(text, f"{where}.{place}")
        except KernelError as error:
            faults.append(str(error))
    return faults


def _kinds(where: str, section: PotentialSection, formulas: OwnFormulas) -> Mapping[str, Kind]:
    """The kind of every parameter given; a bare value beside keyed ones stands for the other keys.

    The coefficients of a spline are one parameter, which is of the kind that any of them is given as.
    """
    splines = dict(pair for place, text in formulas.texts for pair in splines_in(text, f"{where}.{place}"))
    splines |= {written[:-1]: shape for written, shape in splines.items() if written[-1] in "012"}
    keys: dict[str, list[tuple[str, ...]]] = {}
    for text, tables in section.parameters.items():
        for name in tables:
            keys.setdefault(spline_of(name, splines) or name, []).append(parse_key(text))
    return {
        name: kind_of_keys(name, [key for key in given if key] or given, where)
        for name, given in keys.items()
    }
