"""From the arguments of `hpcfit.fit` to the tables of a job file, and the objects that they name.

Nothing is checked here that the tables' own checks find, so that Python and job file know one set of
rules; objects get names, under which the registry finds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hpcfit.api.functions import add_defaults, write_functions
from hpcfit.api.identity import identity, importable_name
from hpcfit.api.potential import Free, Potential, Tied
from hpcfit.errors import JobError
from hpcfit.job.arguments import ArgumentSource, order_of
from hpcfit.job.locate import KeyPath
from hpcfit.job.source import key_name
from hpcfit.job.toml_text import toml_text
from hpcfit.job.values import shown
from hpcfit.registry import OF_A_PROGRAM, Kind

_HEAD = "# what hpcfit.{call} was called with; python: marks objects of the program"
TARGETS = ("energy", "forces", "stress")
_NAMES: Mapping[KeyPath, str] = {
    ("data", "train"): "dataset",
    ("data",): "",
    ("targets", "reference_energies"): "reference_energies",
    ("weights", "name"): "weights",
    ("residual", "name"): "residual",
    ("residual", "data"): "residual_data",
    ("optimizer", "name"): "optimizer",
    ("run",): "",
    ("plugins", "load"): "plugins",
}


@dataclass
class Arguments:
    """What a call to `hpcfit.fit` says, collected.

    Attributes:
        tables: of a job file.
        objects: for each kind, what the names in the tables stand for.
        names: for keys of the tables, the argument that gave them; see `ArgumentSource`.
        fingerprint: of the objects; see `JobSource`.
    """

    tables: dict[str, Any] = field(default_factory=dict)
    objects: dict[Kind, dict[str, Any]] = field(default_factory=dict)
    names: dict[KeyPath, str] = field(default_factory=lambda: dict(_NAMES))
    fingerprint: dict[str, str] = field(default_factory=dict)
    plugins: list[Any] = field(default_factory=list)

    def named(self, kind: Kind, item: Any) -> str:
        """The name of a thing in the tables: a text as it is, an object under a name made for it."""
        if isinstance(item, str):
            return item
        known = self.objects.setdefault(kind, {})
        same = [name for name, other in known.items() if other is item]
        if same:
            return same[0]
        plain = getattr(item, "__name__", None) or getattr(item, "name", None) or type(item).__name__
        first = f"{OF_A_PROGRAM}{str(plain).strip('<>')}"
        name = first
        while name in known:
            name = f"{first}#{len(known) + 1}"
        known[name] = item
        self.fingerprint[f"content of {name}"] = identity(item)
        return name

    def source(
        self,
        data: Mapping[str, str],
        fingerprint: Mapping[str, str],
        *,
        temporary: bool,
        call: str = "fit()",
    ) -> ArgumentSource:
        """The job.

        Args:
            data: what to write for the datasets into the text of the job, by key of [data].
            fingerprint: what to compare them by.
            temporary: whether the run folder goes at the end.
            call: what messages begin with.
        """
        shown = {**self.tables, "data": {**self.tables["data"], **data}}
        if temporary:
            shown.pop("run", None)
        return ArgumentSource(
            path=Path(call),
            text=f"{_HEAD.format(call=call)}\n\n{toml_text(shown)}",
            tables=self.tables,
            lines=order_of(self.tables),
            objects=self.objects,
            plugins=tuple(self.plugins),
            fingerprint={**self.fingerprint, **fingerprint},
            names=self.names,
            temporary=temporary,
            call=call,
        )


def add_potentials(
    made: Arguments, potential: Any, parameters: Any, species: Sequence[str] | None, default: Sequence[str]
) -> None:
    """The [[potential]] tables.

    Args:
        parameters, species: of a potential that is a name or a formula.
        default: species of those that name none.
    """
    several = isinstance(potential, list | tuple)
    given = list(potential) if several else [potential]
    tables = [_potential_table(made, each) for each in given]
    for index, table in enumerate(tables):
        made.names["potential", index] = f"potential[{index}]" if several else "potential"
        defaults = write_functions(table, f"fit(): {made.names['potential', index]}")
        options = table.get("options")
        for name, value in options.items() if isinstance(options, Mapping) else ():
            if not isinstance(value, str | int | float | list | Mapping):
                made.fingerprint[key_name(("potential", index, "options", name))] = identity(value)
        if not isinstance(given[index], Mapping | Potential):
            made.names["potential", index, "name"] = made.names["potential", index]
        if len(tables) == 1:
            for name, value in (("parameters", parameters), ("species", species)):
                if value is not None:
                    table[name] = {**table.get(name, {}), **value} if isinstance(value, Mapping) else value
                    made.names["potential", index, name] = name
        add_defaults(table, defaults)
        species_given = table.setdefault("species", list(default))
        table["species"] = [species_given] if isinstance(species_given, str) else plain_values(species_given)
        if "parameters" in table:
            table["parameters"] = plain_values(table["parameters"])
    made.tables["potential"] = tables


def names_species(potential: Any) -> bool:
    """Whether every potential of the argument says which species it is for."""
    several = potential if isinstance(potential, list | tuple) else [potential]
    return all(
        bool(each.get("species") if isinstance(each, Mapping) else getattr(each, "species", None))
        for each in several
    )


def _potential_table(made: Arguments, given: Any) -> dict[str, Any]:
    if isinstance(given, Potential):
        given = given.table()
    table = (
        {str(key): value for key, value in given.items()} if isinstance(given, Mapping) else {"name": given}
    )
    if table.get("name") is not None:
        table["name"] = made.named("potentials", table["name"])
    if table.get("ase") is not None:
        table["ase"] = importable_name(table["ase"]) or made.named("potentials", table["ase"])
    return {
        key: value if key in ("name", "parameters") else plain_values(value)
        for key, value in table.items()
        if value is not None
    }


def add_targets(made: Arguments, targets: Any, reference_energies: Any) -> None:
    """The table [targets] from names, or from a mapping as in a job file."""
    if isinstance(targets, str):
        targets = (targets,)
    if isinstance(targets, Mapping):
        table = {str(name): plain_values(value) for name, value in targets.items()}
    else:
        if not isinstance(targets, Iterable):
            raise JobError(
                f"fit(): targets: a list of {', '.join(TARGETS)} is expected, not {shown(targets)}."
            )
        targets = list(targets)
        table = {name: name in targets for name in TARGETS}
        table |= {str(name): True for name in targets}
    if reference_energies is not None:
        table["reference_energies"] = plain_values(reference_energies)
    made.tables["targets"] = table


def add_named(made: Arguments, table: str, kind: Kind, given: Any) -> None:
    """A table such as [weights] from a name, an object, or a mapping whose name may be either."""
    if given is None:
        return
    if not isinstance(given, Mapping):
        made.tables[table] = {"name": made.named(kind, given)}
        return
    options = {str(key): plain_values(value) for key, value in given.items() if key != "name"}
    if given.get("name") is not None:
        made.names.pop((table, "name"), None)
        made.tables[table] = {"name": made.named(kind, given["name"]), **options}
    else:
        made.tables[table] = options


def add_residual(made: Arguments, residual: Any, data: Any) -> None:
    """The table [residual]; its data stay as they are for a function, arrays included."""
    add_named(made, "residual", "residuals", residual)
    table = made.tables.setdefault("residual", {})
    if isinstance(residual, Mapping) and "data" in residual:
        made.names.pop(("residual", "data"), None)
        table["data"] = residual["data"]
    if data is not None:
        made.names["residual", "data"] = "residual_data"
        table["data"] = data
    if isinstance(table.get("data"), Mapping):
        table["data"] = {str(name): plain_scalar(value) for name, value in table["data"].items()}
        for name, value in table["data"].items():
            if not isinstance(value, str | int | float | list | tuple | Mapping | None):
                made.fingerprint[key_name(("residual", "data", name))] = identity(value)
    if not table:
        del made.tables["residual"]


def add_tables(made: Arguments, **given: Any) -> None:
    """Tables that hold nothing but numbers and texts; a text is the name."""
    for table, value in given.items():
        if value is not None:
            made.tables[table] = {"name": value} if isinstance(value, str) else plain_values(value)


def plain_values(value: Any) -> Any:
    """What tomllib would have made of it: dictionaries, lists and Python's own numbers."""
    if isinstance(value, Free | Tied):
        return plain_values(value.table())
    if isinstance(value, Mapping):
        return {str(key): plain_values(each) for key, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [plain_values(each) for each in value]
    if isinstance(value, np.ndarray):
        return plain_values(value.tolist())
    if isinstance(value, Path):
        return str(value)
    return plain_scalar(value)


def plain_scalar(value: Any) -> Any:
    """Numbers of NumPy as those of Python; everything else as it is."""
    return value.item() if isinstance(value, np.generic) else value
