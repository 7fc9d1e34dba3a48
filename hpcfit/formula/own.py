"""A potential from the formulas that a job file gives instead of a catalogue name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from hpcfit.errors import KernelError
from hpcfit.formula import allowed
from hpcfit.formula.check import names_in
from hpcfit.formula.potential import (
    RESERVED,
    Density,
    FormulaPotential,
    Kind,
    ParameterSpec,
    Rank,
    Term,
    density_variables,
)
from hpcfit.formula.syntax import check_together
from hpcfit.formula.tracings import Formula, Tracings
from hpcfit.formula.unused import check_used
from hpcfit.suggest import suggestion


@dataclass(frozen=True)
class GivenFormulas:
    """The formulas of a potential as a job gives them: texts, or functions in Python.

    `terms`, `densities` and `cutoffs` as in `OwnFormulas`.
    """

    terms: Mapping[str, Formula]
    densities: Mapping[str, tuple[Formula, Rank]] = field(default_factory=dict)
    cutoffs: Mapping[str, Formula] = field(default_factory=dict)
    let: Mapping[str, Formula] = field(default_factory=dict)

    def written(self, where: str) -> OwnFormulas:
        """The same with the text of every function.

        Raises:
            KernelError: a function cannot be traced, or all texts together are too long; the message
                starts with `where`.
        """
        densities = {name: formula for name, (formula, _) in self.densities.items()}
        groups = (self.terms, densities, self.cutoffs, self.let)
        names = [*self.let, *self.densities]
        tracings = Tracings([*names, *(formula for group in groups for formula in group.values())])
        let: dict[str, str] = {}
        for name, formula in self.let.items():
            text = tracings.text(formula, f"{where}.let.{name}")
            let |= {**dict(tracings.take_let()), name: text}
        terms = {key: tracings.text(each, f"{where}.{key}", key) for key, each in self.terms.items()}
        places = {name: "density" if len(densities) == 1 else f"density.{name}" for name in densities}
        sums = {
            name: tracings.text(each, f"{where}.{places[name]}", "density")
            for name, each in densities.items()
        }
        cutoffs = {
            key: tracings.text(each, f"{where}.cutoff", "cutoff") for key, each in self.cutoffs.items()
        }
        made = OwnFormulas(
            terms,
            {name: (text, self.densities[name][1]) for name, text in sums.items()},
            cutoffs,
            let | dict(tracings.take_let()),
            tracings.defaults,
        )
        check_together((text for _, text in made.texts), where)
        return made


@dataclass(frozen=True)
class OwnFormulas:
    """The formulas of a potential as texts, and for each term its own cutoff.

    Attributes:
        terms: pair, triplet, bond_environment, embedding, site; those that are given.
        densities: (text, rank) by name.
        cutoffs: by the name of a term or density.NAME; "" for all terms not named.
        defaults: values of parameters, by the name that a formula writes them by.
    """

    terms: Mapping[str, str]
    densities: Mapping[str, tuple[str, Rank]] = field(default_factory=dict)
    cutoffs: Mapping[str, str] = field(default_factory=dict)
    let: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, float] = field(default_factory=dict)

    @property
    def texts(self) -> Iterator[tuple[str, str]]:
        """(place, text) of everything, for messages."""
        yield from self.terms.items()
        for name, (text, _) in self.densities.items():
            yield self.density_place(name), text
        for name, text in self.cutoffs.items():
            yield f"cutoff.{name}" if name else "cutoff", text
        for name, text in self.let.items():
            yield f"let.{name}", text

    def density_place(self, name: str) -> str:
        """What messages call a density."""
        return "density" if len(self.densities) == 1 else f"density.{name}"

    def term(self, key: str, text: str) -> Term:
        """A term with its own cutoff, or that of its kind, or that of all."""
        kind = key.partition(".")[0]
        return Term(text, self.cutoffs.get(key, self.cutoffs.get(kind, self.cutoffs.get(""))))


def own_potential(
    formulas: OwnFormulas, kinds: Mapping[str, Kind], where: str, name: str = "formula"
) -> FormulaPotential:
    """The potential whose parameters are the names that the formulas use.

    `kinds` says how the job's parameters are keyed: a value for "Si-C" makes its parameter
    one per pair. What it does not mention is shared. Parameters come in the order of their
    first use. Raises KernelError (message starting with `where`) for a formula that does
    not parse, and for an entry of `kinds`, a density or a cutoff that nothing uses.
    """
    parameters = parameter_names(formulas, kinds, where)
    for given in kinds:
        if given in allowed.SPECIES_CONSTANTS:
            raise KernelError(f"{where}.parameters.{given}: {constant_fault(given)}")
        if given not in parameters:
            raise KernelError(f"{where}.parameters.{given}: {unused_fault(given, parameters)}")
    defaults = _defaults(formulas, kinds, where)
    texts = formulas.terms
    cut = {
        key: formulas.term(key, texts[key]) for key in ("pair", "triplet", "bond_environment") if key in texts
    }
    try:
        made = FormulaPotential(
            name=name,
            parameters=tuple(
                ParameterSpec(parameter, kinds.get(parameter, "shared"), defaults.get(parameter))
                for parameter in parameters
            ),
            pair=cut.get("pair"),
            triplet=cut.get("triplet"),
            bond_environment=cut.get("bond_environment"),
            densities=tuple(
                Density(key, formulas.term(f"density.{key}", text), rank)
                for key, (text, rank) in formulas.densities.items()
            ),
            embedding=texts.get("embedding"),
            site=texts.get("site"),
            let=tuple(formulas.let.items()),
        )
    except KernelError as error:
        raise KernelError(f"{where}: {str(error).removeprefix(f'{name}: ')}") from None
    check_used(formulas, where)
    return made


def _defaults(formulas: OwnFormulas, kinds: Mapping[str, Kind], where: str) -> dict[str, float]:
    """The default values by parameter."""
    found: dict[str, float] = {}
    for written, value in formulas.defaults.items():
        name = _without_suffix(written, kinds)
        if found.setdefault(name, value) != value:
            raise KernelError(
                f"{where}: {name} has the defaults {found[name]:g} and {value:g}. Give all of its names one"
            )
    return found


def constant_fault(name: str) -> str:
    """What is wrong with a value for a constant of the species."""
    return f"{name} is the {allowed.SPECIES_CONSTANTS[name]}; it takes no value. Remove this, or rename it"


def unused_fault(given: str, parameters: Iterable[str]) -> str:
    """What is wrong with a value for a name that is none of the `parameters` of the formulas."""
    return f"no formula uses this name.{suggestion(given, parameters)}"


def parameter_names(formulas: OwnFormulas, kinds: Mapping[str, Kind], where: str) -> list[str]:
    """Every name that is neither a variable nor a named sub-expression, in the order of first use."""
    variables = {*RESERVED, *formulas.let}
    variables |= {
        name for key, (_, rank) in formulas.densities.items() for name in density_variables(key, rank)
    }
    variables |= {"zeta"} if "bond_environment" in formulas.terms else set()
    names = [
        written
        for place, text in formulas.texts
        for written in sorted(names_in(text, f"{where}.{place}"), key=text.find)
        if written not in variables
    ]
    return list(dict.fromkeys(_without_suffix(written, kinds) for written in names))


def _without_suffix(written: str, kinds: Mapping[str, Kind]) -> str:
    """gamma1 is the parameter gamma if the job keys gamma by pair or species."""
    stem = written[:-1]
    return (
        stem
        if written not in kinds
        and written[-1] in "012"
        and kinds.get(stem) in ("pair", "species", "ordered-pair")
        else written
    )


def kind_of_keys(name: str, keys: Iterable[tuple[str, ...]], where: str) -> Kind:
    """The kind of a parameter that is given for these keys; KernelError when they are of several kinds.

    A parameter given for both Si-C and C-Si is one per ordered pair, one for both Si-C-Ge and Si-Ge-C one
    per ordered triplet.
    """
    keys = set(keys)
    lengths = {len(key) for key in keys}
    kinds: Mapping[int, Kind] = {0: "shared", 1: "species", 2: "pair", 3: "triplet"}
    if len(lengths) != 1 or not lengths <= set(kinds):
        raise KernelError(
            f"{where}.parameters: {name} is given for different kinds of keys. "
            "Give it once, or for every species, pair (Si-C) or triplet (Si-C-C, centre first)"
        )
    kind = kinds[lengths.pop()]
    ordered: Mapping[Kind, Kind] = {"pair": "ordered-pair", "triplet": "ordered-triplet"}
    turned = any((*key[:-2], key[-1], key[-2]) in keys for key in keys if len(key) > 1 and key[-1] != key[-2])
    return ordered[kind] if turned else kind
