"""The plugins of installed packages: their entry points, and whether they can be loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from hpcfit import __version__
from hpcfit.errors import PluginError
from hpcfit.registry.requirement import unmet

ENTRY_POINT_GROUP = "hpcfit"


@dataclass(frozen=True)
class Installed:
    """An entry point of the group hpcfit."""

    name: str
    source: str
    load: Callable[[], object]


def installed_plugins() -> Iterator[Installed]:
    """All of them, in the order of their names, which is the same on every rank."""
    found = entry_points(group=ENTRY_POINT_GROUP)
    for entry in sorted(found, key=lambda e: (e.name, e.value)):
        yield Installed(entry.name, _source(entry), lambda entry=entry: _load(entry))  # type: ignore[misc]


def _load(entry: EntryPoint) -> object:
    """What an entry point stands for.

    Raises:
        PluginError: the package says that it needs another version of hpcfit.
        Exception: whatever its code raises.
    """
    requires = entry.dist.requires if entry.dist is not None else None
    problem = unmet(requires or (), __version__)
    if problem is not None:
        raise PluginError(f"plugin {entry.name}: {problem}")
    return entry.load()


def _source(entry: EntryPoint) -> str:
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else entry.value
    return f"installed with {package}"
