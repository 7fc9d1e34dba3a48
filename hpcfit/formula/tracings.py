"""Formulas of which some are functions in Python, as texts only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from hpcfit.errors import KernelError
from hpcfit.formula.written import TERM_VARIABLES

if TYPE_CHECKING:
    from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term

Formula: TypeAlias = str | Callable[..., Any]
_VARIABLES: Mapping[str, tuple[str, ...]] = {
    **{str(term): names for term, names in TERM_VARIABLES.items()},
    **{"pair": ("r", "zeta"), "cutoff": ()},
}
_WORD = re.compile(r"[A-Za-z_]\w*")


class Tracings:
    """Traces functions one after the other, and keeps what their texts need.

    Args:
        names: those in use; sub-expressions get others. Texts count by the names in them.

    Attributes:
        defaults: values of parameters, by the name that formulas write them by.
    """

    def __init__(self, names: Iterable[Formula]) -> None:
        self.defaults: dict[str, float] = {}
        self._taken = {word for name in names if isinstance(name, str) for word in _WORD.findall(name)}
        self._let: list[tuple[str, str]] = []

    def text(self, formula: Formula, where: str, term: str = "") -> str:
        """A text as it is, a function as the text that it stands for; of a term, if not of all.

        Raises:
            KernelError: the function cannot be traced, or gives a parameter another default than one before.
        """
        if isinstance(formula, str):
            return formula
        from hpcfit.formula.trace import ALL_VARIABLES, trace  # brings NumPy

        variables = _VARIABLES.get(term, ALL_VARIABLES)
        traced = trace(formula, where, self._taken, variables)
        for name, value in traced.defaults.items():
            if self.defaults.setdefault(name, value) != value:
                raise KernelError(
                    f"{where}: {name} has the default {value:g} here and {self.defaults[name]:g} elsewhere. "
                    "Give it once"
                )
        self._taken |= {name for name, _ in traced.let}
        self._let += traced.let
        return traced.text

    def take_let(self) -> list[tuple[str, str]]:
        """The sub-expressions (name, text) of the texts since the last call."""
        let, self._let = self._let, []
        return let


def traced_fields(potential: FormulaPotential) -> dict[str, Any]:
    """The fields of a potential with the text of every function; nothing where there is none.

    Raises:
        KernelError: a function cannot be traced; the message starts with the potential and the term.
    """
    cut = {name: getattr(potential, name) for name in ("pair", "triplet", "bond_environment")}
    plain = {name: getattr(potential, name) for name in ("embedding", "site")}
    terms = [term for term in (*cut.values(), *(each.term for each in potential.densities)) if term]
    given: list[Any] = [*plain.values(), *(text for _, text in potential.let)]
    given += [formula for term in terms for formula in (term.expression, term.cutoff)]
    if not any(callable(formula) for formula in given):
        return {}
    names = [name for name, _ in potential.let] + [spec.name for spec in potential.parameters]
    tracings = Tracings([*given, *names, *(each.name for each in potential.densities)])

    def text(formula: Any, place: str) -> Any:
        where, term = f"{potential.name}.{place}", place.partition(".")[0]
        return None if formula is None else tracings.text(formula, where, term)

    def with_texts(term: Term, place: str) -> Term:
        return replace(term, expression=text(term.expression, place), cutoff=text(term.cutoff, "cutoff"))

    let: list[tuple[str, str]] = []
    for name, formula in potential.let:
        written = text(formula, f"let.{name}")
        let += [*tracings.take_let(), (name, written)]
    fields: dict[str, Any] = {name: term and with_texts(term, name) for name, term in cut.items()}
    fields |= {name: text(formula, name) for name, formula in plain.items()}
    fields["densities"] = tuple(
        replace(each, term=with_texts(each.term, f"density.{each.name}")) for each in potential.densities
    )
    fields["let"] = (*let, *tracings.take_let())
    fields["parameters"] = tuple(_with_default(spec, tracings.defaults) for spec in potential.parameters)
    return fields


def _with_default(spec: ParameterSpec, defaults: dict[str, float]) -> ParameterSpec:
    """The parameter, if it has no default with that of a function, which may write it with a suffix."""
    written = (spec.name, *(f"{spec.name}{suffix}" for suffix in (1, 2, 0)))
    found = [defaults[name] for name in written if name in defaults]
    return replace(spec, default=found[0]) if spec.default is None and found else spec
