"""A potential from the formulas that a job file gives instead of a catalogue name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hpcfit.errors import KernelError
from hpcfit.formula.check import names_in
from hpcfit.formula.potential import RESERVED, FormulaPotential, Kind, ParameterSpec, Term
from hpcfit.suggest import suggestion


def own_potential(
    *,
    where: str,
    kinds: Mapping[str, Kind],
    cutoff: str | float | None = None,
    pair: str | None = None,
    triplet: str | None = None,
    site: str | None = None,
    let: Mapping[str, str] | None = None,
    name: str = "formula",
) -> FormulaPotential:
    """The potential whose parameters are the names that the formulas use.

    `kinds` says how the job's parameters are keyed: a value for "Si-C" makes its parameter
    one per pair. What it does not mention is shared. Parameters come in the order of their
    first use. Raises KernelError (message starting with `where`) for a formula that does
    not parse, and for an entry of `kinds` that no formula uses.
    """
    texts = {
        "pair": pair,
        "triplet": triplet,
        "site": site,
        "cutoff": None if cutoff is None else str(cutoff),
    }
    texts |= {f"let.{key}": text for key, text in (let or {}).items()}
    names = [
        written
        for key, text in texts.items()
        if text is not None
        for written in sorted(names_in(text, f"{where}.{key}"), key=text.find)
        if written not in RESERVED and written not in (let or {})
    ]
    parameters = list(dict.fromkeys(_without_suffix(written, kinds) for written in names))
    for given in kinds:
        if given not in parameters:
            hint = suggestion(given, parameters)
            raise KernelError(f"{where}.parameters.{given}: no formula uses this name.{hint}")
    both = None if cutoff is None else str(cutoff)
    try:
        return FormulaPotential(
            name=name,
            parameters=tuple(
                ParameterSpec(parameter, kinds.get(parameter, "shared")) for parameter in parameters
            ),
            pair=None if pair is None else Term(pair, both),
            triplet=None if triplet is None else Term(triplet, both),
            site=site,
            let=tuple((let or {}).items()),
        )
    except KernelError as error:
        raise KernelError(f"{where}: {str(error).removeprefix(f'{name}: ')}") from None


def _without_suffix(written: str, kinds: Mapping[str, Kind]) -> str:
    """gamma1 is the parameter gamma if the job keys gamma by pair or species."""
    stem = written[:-1]
    return (
        stem
        if written not in kinds and written[-1] in "012" and kinds.get(stem) in ("pair", "species")
        else written
    )


def kind_of_keys(name: str, keys: Iterable[tuple[str, ...]], where: str) -> Kind:
    """The kind of a parameter that is given for these keys; KernelError when they are of several kinds."""
    lengths = {len(key) for key in keys}
    kinds: Mapping[int, Kind] = {0: "shared", 1: "species", 2: "pair", 3: "triplet"}
    if len(lengths) != 1 or not lengths <= set(kinds):
        raise KernelError(
            f"{where}.parameters: {name} is given for different kinds of keys. "
            "Give it once, or for every species, pair (Si-C) or triplet (Si-C-C, centre first)"
        )
    return kinds[lengths.pop()]
