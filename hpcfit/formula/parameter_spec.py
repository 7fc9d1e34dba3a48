"""What a parameter of a potential is, and what every kind of potential has that has parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from hpcfit.errors import KernelError
from hpcfit.formula.keys import Key, Kind, is_ordered, key_text
from hpcfit.suggest import suggestion

#: what may name a parameter or a species
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
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
