"""What is wrong with the hooks of a plugin, before any is called."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from hpcfit.registry import hookspecs
from hpcfit.suggest import suggestion

HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("hpcfit_"))
#: what `hookimpl` leaves on a function
_MARK = f"{hookspecs.PROJECT}_impl"


def hook_problem(plugin: object) -> str | None:
    """The first fault of the functions that a module or object marks as hooks, as a sentence."""
    marked = list(_marked(plugin))
    for name, function in marked:
        if name not in HOOKS:
            return f"unknown hook {name}.{suggestion(name, HOOKS)}"
        wanted = tuple(inspect.signature(getattr(hookspecs, name)).parameters)
        given = tuple(inspect.signature(function).parameters)
        if not set(given) <= set(wanted):
            return (
                f"{name} takes ({', '.join(wanted)}), not ({', '.join(given)}). Name its arguments so"
                f"{_place(function)}."
            )
    if not marked:
        return (
            "it registers nothing. Mark a function with @hookimpl "
            f"(from hpcfit.registry import hookimpl); hooks: {', '.join(HOOKS)}."
        )
    return None


def _marked(plugin: object) -> Iterator[tuple[str, Any]]:
    for name in dir(plugin):
        item = inspect.getattr_static(plugin, name)
        if inspect.isroutine(item) and getattr(item, _MARK, None) is not None:
            # A hook may bear another name than its function: @hookimpl(specname="...").
            yield getattr(item, _MARK).get("specname") or name, getattr(plugin, name)


def _place(function: Any) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return "" if code is None else f" ({code.co_filename}:{code.co_firstlineno})"
