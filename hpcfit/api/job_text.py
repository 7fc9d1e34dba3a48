"""The job of a fit as a job file that starts from the values found."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from hpcfit.errors import KernelError
from hpcfit.formula.keys import Key, parse_key
from hpcfit.formula.potential import AnyBound
from hpcfit.job.resolve import JobPotentials
from hpcfit.job.toml_text import toml_text
from hpcfit.output.result import Result
from hpcfit.problem.parameters import parameter_groups


def job_text(described: JobPotentials, result: Result) -> str:
    """The text of a job file like the one that was run, with fitted values as the initial ones."""
    tables = tomllib.loads(described.job.source.text)
    found = iter(result.parameters)
    for table, potential in zip(tables["potential"], described.potentials, strict=True):
        for (key, name), entry in zip(parameter_groups(potential), found, strict=False):
            if entry.free:
                own = table["auxiliary"] if name in potential.auxiliary else None
                holder = _holder(table["parameters"], key, name, potential.bound) if own is None else own
                holder[name] = {**holder[name], "initial": entry.value}
                if entry.prior is not None:  # which stays where it is when the start moves
                    holder[name]["prior"] = dict(entry.prior)
    tables.get("run", {}).pop("start_from", None)
    return toml_text(tables)


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
        return len(bound.species) == 1 or bound.instance(name, parse_key(group)).key == key
    except KernelError:
        return False
