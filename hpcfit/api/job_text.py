"""The job of a fit as a job file that starts from the values found."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from hpcfit.errors import KernelError
from hpcfit.formula.keys import Key, parse_key
from hpcfit.formula.potential import AnyBound
from hpcfit.formula.spline_calls import coefficient_name
from hpcfit.job.resolve import JobPotentials
from hpcfit.job.toml_text import toml_text
from hpcfit.output.result import FittedParameter, Result
from hpcfit.problem.parameters import parameter_groups


def job_text(described: JobPotentials, result: Result) -> str:
    """The text of a job file like the one that was run, with fitted values as the initial ones."""
    tables = tomllib.loads(described.job.source.text)
    tables.get("run", {}).pop("start_from", None)
    if "model" in tables:
        _start_model(tables["model"], result)
        return toml_text(tables)
    found = iter(result.parameters)
    for table, potential in zip(tables["potential"], described.potentials, strict=True):
        of_splines: dict[tuple[Key, str], list[FittedParameter]] = {}
        for (key, name), entry in zip(parameter_groups(potential), found, strict=False):
            own = table["auxiliary"] if name in potential.auxiliary else None
            spline = "" if own is not None else potential.bound.formula.parameter(name).spline
            if spline:
                of_splines.setdefault((key, spline), []).append(entry)
            if entry.free:
                holder = _holder(table["parameters"], key, name, potential.bound) if own is None else own
                if name in holder or not spline:
                    holder[name] = _started(holder[name], entry)
        for (key, spline), entries in of_splines.items():
            holder = _holder(table["parameters"], key, spline, potential.bound)
            if isinstance(holder.get(spline), Mapping):
                _start_spline(holder, spline, entries)
    return toml_text(tables)


def _start_model(model: dict[str, Any], result: Result) -> None:
    """What is said of the parameters of a model, with the values found as the initial ones."""
    words = model.setdefault("parameters", {})
    for entry in (each for each in result.parameters if each.free):
        own = words.get(entry.name, {})
        if entry.species and entry.name in model.get("per_group", ()):
            of_group = model.setdefault("group_parameters", {}).setdefault(entry.species, {})
            of_group[entry.name] = _started(of_group.get(entry.name, own), entry)
        else:
            words[entry.name] = _started(own, entry)


def _started(words: Mapping[str, Any], entry: FittedParameter) -> dict[str, Any]:
    """What is said of a parameter, with the value found as the initial one."""
    prior = {} if entry.prior is None else {"prior": dict(entry.prior)}  # stays where it is
    return {**words, "initial": entry.value, **prior}


def _start_spline(holder: dict[str, Any], spline: str, entries: Sequence[FittedParameter]) -> None:
    """The same for all parameters of a spline; those with a prior of their own get words of their own."""
    words = holder[spline]
    holder[spline] = {**words, "initial": [entry.value for entry in entries]}
    for entry in entries:
        if entry.prior is not None and entry.name not in holder:
            own = {key: value for key, value in words.items() if key not in ("smoothness", "points")}
            holder[entry.name] = _started(own, entry)


def _holder(parameters: dict[str, Any], key: Key, name: str, bound: AnyBound) -> dict[str, Any]:
    """The table that holds a free parameter: that of its species, however spelled, or the one for all."""
    for group, table in parameters.items():
        if (
            isinstance(table, Mapping)
            and isinstance(table.get(name), Mapping)
            and _is(group, key, name, bound)
        ):
            return parameters[group]  # type: ignore[no-any-return]
    return parameters


def _is(group: str, key: Key, name: str, bound: AnyBound) -> bool:
    try:
        splines = getattr(bound.formula, "splines", {})
        parameter = coefficient_name(name, 0) if name in splines else name
        return len(bound.species) == 1 or bound.instance(parameter, parse_key(group)).key == key
    except KernelError:
        return False
