"""`hpcfit models [NAME [OPTION=VALUE ...]]`: the catalogue of models of tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def models(
    name: Annotated[str | None, typer.Argument(help="show all of one model")] = None,
    option: Annotated[
        list[str] | None,
        typer.Argument(metavar="OPTION=VALUE", help="with these options, such as terms=2"),
    ] = None,
) -> None:
    """List the models that tables can be fitted by, or show one: formulas, options, parameters and source.

    Options of the model change what is shown: hpcfit models exponential-decay terms=2
    """
    from hpcfit.models.describe import describe_model, model_summary
    from hpcfit.registry import Registry

    registry = Registry(Path.cwd())
    registry.load_installed()
    if name is not None:
        entry = registry.find("models", name)
        print(describe_model(name, entry, _options(name, entry, option or [])))
        return
    names = registry.names("models")
    width = max(len(each) for each in names)
    for each in names:
        print(f"{each:{width}}  {model_summary(registry.find('models', each))}")
    print("\n`hpcfit models NAME` shows formulas, options, parameters and sources.")


def _options(name: str, entry: Any, given: list[str]) -> dict[str, Any]:
    """The options of the command line, checked as those of a job are."""
    from hpcfit.errors import JobError
    from hpcfit.formula.row_form import RowForm
    from hpcfit.job.arguments import ArgumentSource, order_of
    from hpcfit.job.messages import unknown_key
    from hpcfit.job.options import make
    from hpcfit.job.source import raise_problems
    from hpcfit.models.describe import lacks_options

    found: dict[str, Any] = {}
    for each in given:
        option, equals, value = each.partition("=")
        if not equals:
            raise JobError(f"{each!r} is no option. Write OPTION=VALUE, such as terms=2.")
        found[option] = _read(value)
    tables = {"model": found}
    call = f"hpcfit models {name}"
    source = ArgumentSource(
        path=Path(call), text="", tables=tables, lines=order_of(tables), call=call, names={("model",): ""}
    )
    if isinstance(entry, RowForm):
        raise_problems(unknown_key(source, ("model", option), ()) for option in found)
    elif not lacks_options(entry, found):
        raise_problems(make(source, ("model",), entry, found)[1])
    return {option: tuple(value) if isinstance(value, list) else value for option, value in found.items()}


def _read(value: str) -> Any:
    """A value as in a job file; what is none is a text."""
    import tomllib

    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value
