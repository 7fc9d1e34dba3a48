"""`hpcfit plugins`: what is loaded, from where, what it provides, and what failed and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hpcfit.registry import Plugin, Registry


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
    faulty = [plugin.name for plugin in registry.plugins if not _shown(registry, plugin)]
    clashes = registry.clashes()
    for clash in clashes:
        print(f"CLASH: {clash}")
    if clashes or faulty:
        raise typer.Exit(EXIT_BAD_INPUT)


def _shown(registry: Registry, plugin: Plugin) -> bool:
    """Print all that is known of a plugin; whether nothing is wrong with it."""
    print(f"{plugin.name} ({plugin.source})")
    for kind, names in registry.provided(plugin.name).items():
        print(f"  {kind}: {', '.join(names)}")
    if registry.observes(plugin.name):
        print("  is told of every iteration")
    if plugin.slowness is not None:
        print(f"  SLOW: {plugin.slowness}")
    faults = [*registry.misfits(plugin.name), *([plugin.error] if plugin.error is not None else [])]
    for fault in faults:
        print(f"  FAILED: {fault}")
    return not faults
