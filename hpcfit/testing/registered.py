"""Things that a check is given by the name under which a plugin registers them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hpcfit.registry import Kind, Registry


def registered(kind: Kind, item: Any) -> Any:
    """What a name (or "file.py:object", from the current folder) stands for; other things as they are.

    Raises:
        PluginError: an unknown name, with a suggestion; a file that cannot be used.
    """
    if not isinstance(item, str):
        return item
    registry = Registry(Path.cwd())
    registry.load_installed()
    return registry.find(kind, item)


def name_of(item: Any) -> str:
    """How messages call a class, a function or an instance."""
    name = getattr(item, "__name__", None)
    return str(name) if name is not None else type(item).__name__
