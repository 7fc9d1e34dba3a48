"""A potential given by formulas: their texts, and the parameters that these have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from hpcfit.elements import atomic_number
from hpcfit.errors import KernelError
from hpcfit.formula import allowed
from hpcfit.formula.keys import (
    KEY_LENGTH,
    Key,
)
from hpcfit.formula.parameter_spec import NAME, ParameterSpec, find_default, find_parameter
from hpcfit.formula.spline_calls import as_written, splines_in, stem_of, with_coefficients
from hpcfit.formula.spline_shape import SplineShape
from hpcfit.formula.syntax import check_together
from hpcfit.formula.tabulated import Tabulated
from hpcfit.formula.term import Density, Term
from hpcfit.formula.tracings import traced_fields
from hpcfit.formula.written import SUFFIX_SLOTS, TERM_VARIABLES, TermName, WrittenName

RESERVED = frozenset(
    {
        *(*allowed.FUNCTIONS, *allowed.CONSTANTS),
        *(v for names in TERM_VARIABLES.values() for v in names),
        *(name + suffix for name in allowed.SPECIES_CONSTANTS for suffix in ("", "0", "1", "2")),
    }
)
_SPECIES_CONSTANT = re.compile(rf"\b({'|'.join(allowed.SPECIES_CONSTANTS)})[012]?\b")
_CONSTANTS = tuple(
    ParameterSpec(name, "species", description=meaning) for name, meaning in allowed.SPECIES_CONSTANTS.items()
)


@dataclass(frozen=True)
class FormulaPotential:
    """A potential given by formulas; `materials` maps a species, or a key such as "Si-O", to values.

    `let` holds named sub-expressions as (name, expression); each may use the earlier ones
    and is read in the term where it is used, so that a bare name means there what it
    means in that term. Every term ends at its own cutoff, a function of centre and neighbour;
    that of `bond_environment` is for bond 2, bond 1 ends at the cutoff of `pair`. Formulas may use
    the functions in `tables` as table(r, NAME).

    In place of any text there may be a plain function of variables and parameters in Python. It becomes the
    text that it stands for, and its defaults those of the parameters that have none; see `trace.py`.
    """

    name: str
    parameters: tuple[ParameterSpec, ...]
    pair: Term | None = None
    triplet: Term | None = None
    site: str | None = None
    let: tuple[tuple[str, str], ...] = ()
    summary: str = ""
    source: str = ""
    materials: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)
    densities: tuple[Density, ...] = ()
    bond_environment: Term | None = None
    embedding: str | None = None
    tables: tuple[Tabulated, ...] = ()
    #: the species that it can be for; none means any
    only_for: tuple[str, ...] = ()
    #: (key, parameter, formula) of numbers that follow from others, such as ("Cl", "q", "-Na.q")
    ties: tuple[tuple[str, str, str], ...] = ()
    #: expressions of parameters, as in a cutoff, two by two: the first must be below the second
    rising: tuple[tuple[str, str], ...] = ()
    #: what a job with several species may write in place of values that have no default
    otherwise: str = ""

    def __post_init__(self) -> None:
        for name, value in traced_fields(self).items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "parameters", with_coefficients(self.parameters, self.splines))
        seen: set[str] = set()
        variables = [name for density in self.densities for name in {density.name, *density.variables}]
        variables += ["zeta"] if self.bond_environment is not None else []
        parameters = [spec.name for spec in self._own_parameters]
        parameters += [*(table.name for table in self.tables), *self.splines]
        for name in parameters + [name for name, _ in self.let] + variables:
            if not NAME.match(name):
                raise KernelError(
                    f"{self.name}: {name!r} cannot be a name. Write a letter, then letters, digits or _"
                )
            if name in RESERVED:
                raise KernelError(
                    f"{self.name}: {name} has a meaning in formulas already. Rename the parameter"
                )
            if name in seen:
                raise KernelError(f"{self.name}: {name} is defined twice. Rename one of them")
            seen.add(name)
        if self.pair is None and self.triplet is None and self.site is None and self.embedding is None:
            raise KernelError(f"{self.name}: there is no energy term. Give pair, triplet, embedding or site")
        if self.embedding is not None and not self.densities:
            raise KernelError(f"{self.name}: embedding has no density to be a function of. Give density")
        if self.bond_environment is not None and self.pair is None:
            raise KernelError(
                f"{self.name}: bond_environment without pair, which alone may use zeta. Give pair"
            )
        for place, term in self.cut_terms:
            if term.cutoff is None:
                raise KernelError(
                    f"{self.name}: {place} has no cutoff. Give cutoff, a number or an expression"
                )
        check_together(self._texts, self.name)
        used = set(_SPECIES_CONSTANT.findall(" ".join(self._texts)))
        constants = [spec for spec in _CONSTANTS if spec.name in used]
        object.__setattr__(self, "parameters", (*self._own_parameters, *constants))

    @cached_property
    def splines(self) -> Mapping[str, SplineShape]:
        """The splines of all terms by name; a parameter `phi` that is one becomes phi_0, phi_1, ..."""
        names = [spec.name for spec in as_written(self.parameters)]
        found: dict[str, SplineShape] = {}
        for text in self._texts:
            for written, shape in _splines_or_nothing(text):
                name = stem_of(written, names)
                if name is not None and found.setdefault(name, shape) != shape:
                    raise KernelError(
                        f"{self.name}: bspline has the coefficients {name} twice, with other knots. "
                        "Give every spline a name of its own"
                    )
        return found

    @property
    def _own_parameters(self) -> tuple[ParameterSpec, ...]:
        return tuple(spec for spec in self.parameters if spec not in _CONSTANTS)

    @property
    def _texts(self) -> Iterator[str]:
        yield from (expression for _, expression in self.terms)
        yield from (text for _, text in self.let)
        yield from self.cutoffs

    def parameter(self, name: str) -> ParameterSpec:
        """The specification of the parameter `name`; KernelError with a suggestion if there is none."""
        return find_parameter(self, name)

    @property
    def cut_terms(self) -> Iterator[tuple[str, Term]]:
        """(place, term) of each term that is present and ends at a cutoff; places as in `placed_terms`."""
        for place, term in (("pair", self.pair), ("triplet", self.triplet)):
            if term is not None:
                yield place, term
        for density in self.densities:
            yield self._density_place(density), density.term
        if self.bond_environment is not None:
            yield "bond_environment", self.bond_environment

    @property
    def cutoffs(self) -> tuple[str, ...]:
        """The different cutoff expressions of all terms."""
        return tuple(dict.fromkeys(term.cutoff for _, term in self.cut_terms if term.cutoff is not None))

    @property
    def placed_terms(self) -> Iterator[tuple[TermName, str, str]]:
        """(kind of term, place, expression) of each term; the place is the kind, or density.NAME."""
        for place, term in self.cut_terms:
            name: TermName = "density" if place.startswith("density") else place  # type: ignore[assignment]
            yield name, place, term.expression
        if self.embedding is not None:
            yield "embedding", "embedding", self.embedding
        if self.site is not None:
            yield "site", "site", self.site

    @property
    def terms(self) -> Iterator[tuple[TermName, str]]:
        """(kind of term, expression) of each term that is present."""
        return ((name, expression) for name, _, expression in self.placed_terms)

    def _density_place(self, density: Density) -> str:
        return "density" if len(self.densities) == 1 else f"density.{density.name}"

    def variables(self, term: TermName) -> tuple[str, ...]:
        """The variables that the text of `term` may use."""
        names = TERM_VARIABLES[term]
        if term in ("pair", "triplet"):
            names += tuple(density.name for density in self.densities if density.rank == "scalar")
        if term == "pair" and self.bond_environment is not None:
            names += ("zeta",)
        if term == "embedding":
            names += tuple(name for density in self.densities for name in density.variables)
        return names

    def default(self, name: str, key: Key, species: tuple[str, ...]) -> float | None:
        """Published value of one instance, the parameter's default, or None: it must be given.

        A species' value holds for the instances that concern this species alone, a key's for that key.
        Of a constant of the species, such as Z, its value.
        """
        if name in allowed.SPECIES_CONSTANTS:
            return float(atomic_number((key or species)[0]))
        return find_default(self, name, key, species)

    def written_names(self, term: TermName, one_species: bool) -> dict[str, WrittenName]:
        """The names that `term` may use for parameters, splines and tables, and what they stand for."""
        names: dict[str, WrittenName] = {}
        specs: list[ParameterSpec | Tabulated] = [*as_written(self.parameters), *self.tables]
        for spec in specs:
            slots_by_suffix = dict(SUFFIX_SLOTS.get((term, spec.kind), {}))
            if one_species or spec.kind == "shared":
                slots_by_suffix[""] = (0,) * KEY_LENGTH[spec.kind]
            for suffix, slots in slots_by_suffix.items():
                written = spec.name + suffix
                if written in names:
                    raise KernelError(
                        f"{self.name}: {written} is {names[written].parameter} or {spec.name}. Rename one"
                    )
                names[written] = WrittenName(spec.name, slots)
        return names

    def written_splines(self, term: TermName, one_species: bool) -> frozenset[str]:
        """Those of the written names of `term` that stand for splines and tables."""
        functions = {*self.splines, *(table.name for table in self.tables)}
        names = self.written_names(term, one_species)
        return frozenset(written for written, name in names.items() if name.parameter in functions)

    def suffix_advice(self, term: TermName, name: str, place: str = "") -> str:
        """What to write instead of the bare `name` of a parameter that needs a suffix in `term`.

        `place` is what the text is called if it is not the term's.
        """
        place = place or term
        spec = next(spec for spec in as_written(self.parameters) if spec.name == name)
        suffixes = SUFFIX_SLOTS.get((term, spec.kind), {})
        if not suffixes:
            return f" A {spec.kind} parameter has no meaning in {place} when there are several species"
        return f" In {place}, write " + " or ".join(name + suffix for suffix in suffixes)


def _splines_or_nothing(text: str) -> list[tuple[str, SplineShape]]:
    try:
        return splines_in(text, "formula")
    except KernelError:
        return []  # check.py says what is wrong with it
