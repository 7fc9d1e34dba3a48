"""What a potential is, as plain data: parameters, and the text of its energy terms.

The site energy of atom i (centre) with bonds x, y to its neighbours is

    E_i = E0_i + embedding(rho) + 1/2 sum_x pair(r_x, rho, zeta_x)
               + sum_{x<y} triplet(r_x, r_y, costheta_xy, rho)

where rho stands for any number of named densities, rho = sum_x density(r_x), and
zeta_x = sum_{y != x} bond_environment(r_x, r_y, costheta_xy).

A parameter's *kind* says how many numbers it stands for: one ("shared"), one per species,
one per unordered pair of species, or one per triplet (centre first, neighbours unordered);
"ordered-pair" (centre, neighbour) and "ordered-triplet" (centre, neighbours 1 and 2) tell
every order apart.
Each of these numbers is an *instance*; `BoundPotential.instances` lists them in the one
order that every part of hpcfit uses. `written.py` says how formulas refer to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Generic, Literal, Protocol

from hpcfit.elements import atomic_number
from hpcfit.errors import KernelError
from hpcfit.formula import allowed
from hpcfit.formula.keys import (
    KEY_LENGTH,
    Instance,
    Key,
    Kind,
    canonical_key,
    enumerate_keys,
    is_ordered,
    key_example,
    key_text,
    parse_key,
)
from hpcfit.formula.spline_calls import as_written, splines_in, stem_of, with_coefficients
from hpcfit.formula.spline_shape import SplineShape
from hpcfit.formula.syntax import check_together
from hpcfit.formula.tabulated import Tabulated
from hpcfit.formula.tracings import Formula, traced_fields
from hpcfit.formula.written import SUFFIX_SLOTS, TERM_VARIABLES, TermName, WrittenName
from hpcfit.suggest import suggestion

__all__ = [
    "KEY_LENGTH",
    "RESERVED",
    "TERM_VARIABLES",
    "AnyBound",
    "BoundPotential",
    "Density",
    "FormulaPotential",
    "Instance",
    "Key",
    "Kind",
    "Mixing",
    "ParameterSpec",
    "PotentialForm",
    "Term",
    "TermName",
    "WrittenName",
    "canonical_key",
    "enumerate_keys",
    "key_text",
    "parse_key",
    "suggestion",
]

RESERVED = frozenset(
    {
        *(*allowed.FUNCTIONS, *allowed.CONSTANTS),
        *(v for names in TERM_VARIABLES.values() for v in names),
        *(name + suffix for name in allowed.SPECIES_CONSTANTS for suffix in ("", "0", "1", "2")),
    }
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_SPECIES_CONSTANT = re.compile(rf"\b({'|'.join(allowed.SPECIES_CONSTANTS)})[012]?\b")
#: what a parameter is to a mixing rule; see `ParameterSpec`
Mixing = Literal["length", "energy", "arithmetic", "geometric", "harmonic"]


@dataclass(frozen=True)
class ParameterSpec:
    """One named parameter of a potential, before it is known for which species.

    `default` None means that the job must give a value unless `FormulaPotential.materials`
    knows one for the species at hand. `minimum` and `maximum` bound what makes sense at
    all (a length is positive); the job may bound further. `mixing` says how a pair of unlike
    species gets its number from those of the like pairs: as a "length" or an "energy", which
    the rules of mixing treat differently, or by the same mean under every rule; None: not at all.
    """

    name: str
    kind: Kind
    default: float | None = None
    unit: str = ""
    description: str = ""
    minimum: float | None = None
    maximum: float | None = None
    mixing: Mixing | None = None
    #: the spline that it is a coefficient of
    spline: str = ""


_CONSTANTS = tuple(
    ParameterSpec(name, "species", description=meaning) for name, meaning in allowed.SPECIES_CONSTANTS.items()
)


@dataclass(frozen=True)
class Term:
    """An energy expression and the distance (an expression of parameters) at which it ends.

    Instead of a text either may be a function in Python, which the potential that gets the term traces.
    """

    expression: str
    cutoff: str | None = None

    if TYPE_CHECKING:

        def __init__(self, expression: Formula, cutoff: Formula | None = None) -> None: ...


class PotentialForm(Protocol):
    """What every kind of potential has, formulas or hand-written code: a name and parameters.

    `materials` maps a species, or a key of several such as "Si-O", to published values.
    """

    @property
    def name(self) -> str: ...
    @property
    def parameters(self) -> tuple[ParameterSpec, ...]: ...
    @property
    def summary(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def materials(self) -> Mapping[str, Mapping[str, float]]: ...

    def parameter(self, name: str) -> ParameterSpec:
        """See `FormulaPotential.parameter`."""

    def default(self, name: str, key: Key, species: tuple[str, ...]) -> float | None:
        """See `FormulaPotential.default`."""


def find_parameter(form: PotentialForm, name: str) -> ParameterSpec:
    """The specification of a parameter by its name; KernelError with a suggestion if there is none."""
    for spec in form.parameters:
        if spec.name == name:
            return spec
    known = [spec.name for spec in form.parameters]
    raise KernelError(f"{form.name}: unknown parameter {name}.{suggestion(name, known)}")


def find_default(form: PotentialForm, name: str, key: Key, species: tuple[str, ...]) -> float | None:
    """Published value of one instance, the parameter's default, or None: it must be given."""
    spec = form.parameter(name)
    concerned = set(key or species)
    spellings = {key_text(key)}
    if len(concerned) == 1:
        spellings = concerned
    elif not is_ordered(spec.kind):
        spellings.add(key_text((*key[:-2], *reversed(key[-2:]))))
    values = (form.materials.get(text, {}).get(name) for text in sorted(spellings))
    return next((value for value in values if value is not None), spec.default)


Rank = Literal["scalar", "vector", "tensor"]


def density_variables(name: str, rank: Rank) -> tuple[str, ...]:
    """The names of a density's invariants in the embedding."""
    if rank == "scalar":
        return (name,)
    return (f"{name}_squared",) if rank == "vector" else (f"{name}_squared", f"{name}_trace")


@dataclass(frozen=True)
class Density:
    """A sum over the bonds of an atom, known in formulas by its name.

    With the bond vectors D_x: a scalar density is rho = sum_x f(r_x), a vector density
    mu_a = sum_x f(r_x) D_x,a, a tensor density l_ab = sum_x f(r_x) D_x,a D_x,b. Formulas may use a
    scalar by its NAME, and in the embedding alone of a vector NAME_squared = sum_a mu_a^2, of a tensor
    NAME_squared = sum_ab l_ab^2 and NAME_trace = sum_a l_aa.
    """

    name: str
    term: Term
    rank: Rank = "scalar"

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of its invariants in the embedding."""
        return density_variables(self.name, self.rank)


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
            if not _NAME.match(name):
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

    def suffix_advice(self, term: TermName, name: str) -> str:
        """What to write instead of the bare `name` of a parameter that needs a suffix in `term`."""
        spec = next(spec for spec in as_written(self.parameters) if spec.name == name)
        suffixes = SUFFIX_SLOTS.get((term, spec.kind), {})
        if not suffixes:
            return f"a {spec.kind} parameter has no meaning in {term} when there are several species"
        return "write " + " or ".join(name + suffix for suffix in suffixes)


def _splines_or_nothing(text: str) -> list[tuple[str, SplineShape]]:
    try:
        return splines_in(text, "formula")
    except KernelError:
        return []  # check.py says what is wrong with it


if TYPE_CHECKING:  # defaults of type variables are newer than the oldest Python that hpcfit runs on
    from typing_extensions import TypeVar

    Form = TypeVar("Form", bound=PotentialForm, covariant=True, default=FormulaPotential)
else:
    from typing import TypeVar

    Form = TypeVar("Form")


@dataclass(frozen=True)
class BoundPotential(Generic[Form]):
    """A potential for given species, hence with a definite list of numbers.

    `BoundPotential` is one of formulas, `AnyBound` one of any kind.
    """

    formula: Form
    species: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.species or len(set(self.species)) != len(self.species):
            raise KernelError(f"{self.formula.name}: species must be a list of different names")
        for name in self.species:
            if not _NAME.match(name):
                raise KernelError(f"{self.formula.name}: {name!r} cannot name a species")
        known = self.formula.only_for if isinstance(self.formula, FormulaPotential) else ()
        others = [name for name in self.species if known and name not in known]
        if others:
            raise KernelError(
                f"{self.formula.name} is for {', '.join(known)} here, not for {', '.join(others)}. "
                "Take another file or other species"
            )

    @cached_property
    def instances(self) -> tuple[Instance, ...]:
        """All numbers: parameters in their order, and for each its keys in the species' order."""
        return tuple(
            Instance(spec.name, key)
            for spec in self.formula.parameters
            for key in enumerate_keys(spec.kind, self.species)
        )

    @cached_property
    def position(self) -> Mapping[Instance, int]:
        """Index of each instance in `instances`."""
        return {instance: index for index, instance in enumerate(self.instances)}

    def instance(self, name: str, key: Key) -> Instance:
        """The canonical instance for `key` given in any order of its unordered species.

        With one species an empty key stands for the only one there is.
        """
        spec = self.formula.parameter(name)
        if not key and len(self.species) == 1:
            key = self.species * KEY_LENGTH[spec.kind]
        if len(key) != KEY_LENGTH[spec.kind]:
            raise KernelError(
                f"{self.formula.name}: {name} is a {spec.kind} parameter, "
                f"{key_text(key) or 'no species'} was given. Write {key_example(spec.kind, self.species)}"
            )
        return Instance(name, canonical_key(key, self.species, is_ordered(spec.kind)))

    def default(self, instance: Instance) -> float | None:
        """Catalogue value of one instance, or None when the job must give it."""
        return self.formula.default(instance.name, instance.key, self.species)

    def label(self, instance: Instance) -> str:
        """Short name for people: bare when the potential has one species only."""
        return instance.name if len(self.species) == 1 else str(instance)


#: a potential of any kind for given species
AnyBound = BoundPotential[PotentialForm]
