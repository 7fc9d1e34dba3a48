"""Functions in Python in place of formulas: written as the text that they stand for.

So the run folder keeps the formula, and what was fitted can be used without the program.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hpcfit.errors import JobError, KernelError
from hpcfit.formula.tracings import Tracings

_TERMS = ("pair", "triplet", "bond_environment", "embedding", "site")


def write_functions(table: dict[str, Any], where: str) -> dict[str, Any]:
    """Replace the functions in a [[potential]] table by texts; returns the defaults of their arguments.

    Args:
        where: what messages begin with, such as "fit(): potential".

    Raises:
        JobError: a function that cannot be traced, with its file and line and what to write.
    """
    holders = _formulas(table)
    if not any(callable(holder[key]) for holder, key, *_ in holders):
        return {}
    names = [name for key in ("let", "density") if isinstance(table.get(key), Mapping) for name in table[key]]
    tracings = Tracings([*names, *(holder[key] for holder, key, *_ in holders)])
    let: dict[str, Any] = {}
    try:
        for holder, key, place, term in holders:
            if callable(holder[key]):
                holder[key] = tracings.text(holder[key], f"{where}.{place}", term)
            let |= tracings.take_let()
            if place.startswith("let."):
                let[key] = holder[key]
    except KernelError as error:
        raise JobError(str(error)) from error
    if let:
        table["let"] = let
    return tracings.defaults


def write_row_functions(table: dict[str, Any], where: str) -> None:
    """Replace the functions in a [model] table by texts, with the defaults of their arguments.

    Raises:
        JobError: a function that cannot be traced, with its file and line and what to write.
    """
    several = isinstance(table.get("formula"), Mapping)
    formulas: dict[str, Any] = dict(table["formula"]) if several else {"": table.get("formula")}
    let = dict(table.get("let") or {})
    if not any(callable(each) for each in (*formulas.values(), *let.values())):
        return
    tracings = Tracings([*let, *let.values(), *formulas.values(), *table.get("parameters", {})])
    parts: dict[str, Any] = {}
    try:
        for name, each in let.items():
            text = tracings.text(each, f"{where}let.{name}")
            parts |= {**dict(tracings.take_let()), name: text}
        for name, each in formulas.items():
            formulas[name] = tracings.text(each, f"{where}formula{'.' if name else ''}{name}")
    except KernelError as error:
        raise JobError(str(error)) from error
    parts |= tracings.take_let()
    table["formula"] = formulas if several else formulas[""]
    if parts:
        table["let"] = parts
    add_defaults(table, tracings.defaults)


def add_defaults(table: dict[str, Any], defaults: Mapping[str, float]) -> None:
    """Give the parameters of a table that have no value of their own the defaults of functions."""
    parameters = dict(table.get("parameters", {}))
    keyed = {name for group in parameters.values() if isinstance(group, Mapping) for name in group}
    for written, value in defaults.items():
        name = written[:-1] if written[:-1] in keyed and written[-1] in "012" else written
        parameters.setdefault(name, value)
    if parameters:
        table["parameters"] = parameters


def _formulas(table: dict[str, Any]) -> list[tuple[dict[str, Any], str, str, str]]:
    """(table, key, place, term) of each formula, the named parts first; inner tables become copies."""
    found: list[tuple[dict[str, Any], str, str, str]] = []
    for key in ("let", "density", "cutoff"):
        if isinstance(table.get(key), Mapping):
            table[key] = {
                name: dict(each) if isinstance(each, Mapping) else each for name, each in table[key].items()
            }
    for name in table.get("let") or ():
        found.append((table["let"], name, f"let.{name}", ""))
    found += [(table, key, key, key) for key in _TERMS if key in table]
    density = table.get("density")
    if isinstance(density, dict):
        for name, each in density.items():
            if isinstance(each, dict):
                found += [(each, key, f"density.{name}", "density") for key in ("formula",) if key in each]
                found += [(each, key, f"density.{name}", "cutoff") for key in ("cutoff",) if key in each]
            else:
                found.append((density, name, f"density.{name}", "density"))
    elif density is not None:
        found.append((table, "density", "density", "density"))
    cutoff = table.get("cutoff")
    if isinstance(cutoff, dict):
        found += [(cutoff, name, "cutoff", "cutoff") for name in cutoff]
    elif cutoff is not None:
        found.append((table, "cutoff", "cutoff", "cutoff"))
    return found
