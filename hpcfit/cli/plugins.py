"""`hpcfit plugins`: what is loaded, from where, what it provides, and what failed and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def plugins(
    files: Annotated[
        list[Path] | None, typer.Argument(help="local plugin files to load besides, as in [plugins] load")
    ] = None,
) -> None:
    """List what is loaded, from where, and what failed.

    Exits with 2 when a plugin failed, or two claim one name.
    """
    from hpcfit.errors import EXIT_BAD_INPUT
    from hpcfit.registry import KINDS, Registry

    registry = Registry(Path.cwd())
    registry.load_installed()
    for file in files or []:
        registry.load_local(str(file))
    for kind in KINDS:
        registry.names(kind)  # calls the hooks, so that those that fail are known below
    for plugin in registry.plugins:
        print(f"{plugin.name} ({plugin.source})")
        for kind, names in registry.provided(plugin.name).items():
            print(f"  {kind}: {', '.join(names)}")
        if registry.observes(plugin.name):
            print("  is told of every iteration")
        if plugin.error is not None:
            print(f"  FAILED: {plugin.error}")
    clashes = list(registry.clashes())
    for clash in clashes:
        print(f"CLASH: {clash}")
    if clashes or any(plugin.error is not None for plugin in registry.plugins):
        raise typer.Exit(EXIT_BAD_INPUT)
