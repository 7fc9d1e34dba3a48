"""`hpcfit potentials [NAME [OPTION=VALUE ...]]`: the catalogue; formulas, parameters, units and sources."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def potentials(
    name: Annotated[str | None, typer.Argument(help="show all of one potential")] = None,
    option: Annotated[
        list[str] | None,
        typer.Argument(metavar="OPTION=VALUE", help="with these options, such as truncation=smooth"),
    ] = None,
) -> None:
    """List the potentials, or show one: its formulas, options, parameters with units, and sources.

    Options of the potential change what is shown: hpcfit potentials tersoff published=erhart-albe
    """
    from hpcfit.potentials import describe
    from hpcfit.registry import Registry

    registry = Registry(Path.cwd())
    registry.load_installed()
    if name is not None:
        entry = registry.find("potentials", name)
        print(describe(name, entry, _options(name, entry, option or [])))
        return
    names = registry.names("potentials")
    width = max(len(each) for each in names)
    for each in names:
        print(f"{each:{width}}  {_summary(registry.find('potentials', each))}")
    print("\n`hpcfit potentials NAME` shows formulas, options, parameters and sources.")


def _summary(entry: Any) -> str:
    """Its summary; of one that needs a file, the first line on the function that makes it."""
    from hpcfit.potentials import first_line, required_options

    if required_options(entry):
        return first_line(entry)
    return str((entry() if callable(entry) else entry).summary)


def _options(name: str, entry: Any, given: list[str]) -> dict[str, Any]:
    """The options of the command line in the types that the potential takes."""
    from hpcfit.errors import JobError
    from hpcfit.potentials import option_choices
    from hpcfit.suggest import suggestion

    known = option_choices(entry)
    found: dict[str, Any] = {}
    for each in given:
        option, equals, value = each.partition("=")
        if not equals:
            raise JobError(f"{each!r} is no option. Write OPTION=VALUE, such as truncation=smooth.")
        if option not in known:
            raise JobError(f"{name} has no option {option}.{suggestion(option, known)}")
        choices = {str(choice): choice for choice in known[option]}
        if choices and value not in choices:
            raise JobError(f"{option} of {name} is one of {', '.join(choices)}, not {value}.")
        found[option] = choices[value] if choices else _typed(name, entry, option, value)
    return found


def _typed(name: str, entry: Any, option: str, text: str) -> Any:
    """A value as it would be read in a job file, where a text need not be in quotes."""
    import tomllib

    from hpcfit.errors import JobError
    from hpcfit.job.options import options_of, type_fault

    wanted = next((each for each in options_of(entry) or () if each.name == option), None)
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    if wanted is None or (fault := type_fault(wanted, value)) is None:
        return value
    if type_fault(wanted, text) is None:
        return text
    raise JobError(f"{option} of {name}: {fault}")
