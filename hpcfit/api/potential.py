"""How a Python program writes a potential: names or formulas, numbers that are fixed or free."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal


@dataclass(frozen=True)
class Free:
    """A parameter that is fitted.

    Attributes:
        initial: where the fit starts, in the parameter's unit; None takes the catalogue's value.
        min, max: bounds; None takes the ones that make sense for the parameter (a length is positive).
        transform: "log" fits its logarithm, "logit" its place between min and max, which it never reaches.
        prior: {"mean": ..., "sigma": ...} of what is known of it; without a mean around `initial`.
    """

    initial: float | None = None
    min: float | None = None
    max: float | None = None
    transform: Literal["log", "logit"] | None = None
    prior: Mapping[str, float] | None = None

    def table(self) -> dict[str, Any]:
        """As in a job file, `{ initial = ..., min = ..., max = ... }`."""
        return _given(self)


@dataclass(frozen=True)
class Tied:
    """A parameter that is a formula of others, such as `Tied("2.5*sigma")` or `Tied("Si-Si.epsilon")`.

    Attributes:
        tie: the formula.
        prior: {"mean": ..., "sigma": ...} of what is known of it.
    """

    tie: str
    prior: Mapping[str, float] | None = None

    def table(self) -> dict[str, Any]:
        """As in a job file, `{ tie = ... }`."""
        return _given(self)


#: a text, a number, or a plain function of variables and parameters
Formula = str | float | Callable[..., Any]
#: what a parameter may be given as: fixed at a number, free, tied, or a table as in a job file
Parameter = float | Free | Tied | Mapping[str, Any]


@dataclass(frozen=True)
class Potential:
    """A potential of the catalogue (`name`), a calculator (`ase`), or one's own formulas (`pair`, ...).

    The fields are those of `[[potential]]` in a job file, with the same meaning and units. In place of
    the text of a formula there may be a plain function of variables and parameters; its defaults are values.

    Attributes:
        name: a name that `hpcfit potentials` lists, "file.py:object", a `FormulaPotential`, a `SiteFunction`,
            or a function that makes one.
        species: chemical symbols; none takes those of the training data.
        parameters: by name, or by species key ("Si-C") and name: a number is fixed, `Free` is fitted, `Tied`
            follows others.
        pair: energy of a pair in eV as a formula of r (angstrom) and parameters.
        triplet: energy of two bonds at one atom, of r1, r2 and costheta.
        site: constant energy of one atom.
        cutoff: where `pair` and `triplet` end, in angstrom.
        let: named sub-expressions for the formulas.
        options: of a catalogue potential, such as {"truncation": "shift"}; of a calculator, keyword arguments
            that are not fitted.
        ase: the class of an ASE calculator, or a function that makes one of keyword arguments; or the text
            "module:Class" or "file.py:function".
        difference_step: step of central differences by a parameter, over its size, where there are any.
        mixing: rule for pairs of unlike species that are not given, such as "lorentz-berthelot", or a mean
            for each parameter, such as {"A": "geometric"}.
        auxiliary: parameters that only ties use, by name.
    """

    name: Any = None
    species: Sequence[str] = ()
    parameters: Mapping[str, Parameter | Mapping[str, Parameter]] = field(default_factory=dict)
    pair: Formula | None = None
    triplet: Formula | None = None
    site: Formula | None = None
    density: Formula | Mapping[str, Any] | None = None
    bond_environment: Formula | None = None
    embedding: Formula | None = None
    cutoff: Formula | Mapping[str, Formula] | None = None
    let: Mapping[str, Formula] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    ase: Any = None
    difference_step: float | None = None
    mixing: str | Mapping[str, str] | None = None
    auxiliary: Mapping[str, Parameter] = field(default_factory=dict)

    def table(self) -> dict[str, Any]:
        """The keys of `[[potential]]` that were given."""
        names = (
            *("name", "species", "pair", "triplet", "site", "density", "bond_environment", "embedding"),
            *("cutoff", "let", "parameters", "ase", "difference_step", "mixing", "auxiliary"),
        )
        given = {name: getattr(self, name) for name in names}
        options = dict(self.options) if self.ase is None else {"options": dict(self.options)}
        return {key: value for key, value in {**given, **options}.items() if not _absent(value)}


def _given(words: Free | Tied) -> dict[str, Any]:
    """The fields that are not None, by name."""
    values = {each.name: getattr(words, each.name) for each in fields(words)}
    return {name: value for name, value in values.items() if value is not None}


def _absent(value: Any) -> bool:
    return value is None or (isinstance(value, tuple | list | Mapping) and not value)
