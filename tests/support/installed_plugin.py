"""A package with a plugin, as an installer would leave it in a folder of the import path."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def install_plugin(folder: Path, name: str, source: str, requires: Iterable[str] = ()) -> str:
    """Write the module and the metadata of a plugin `name`; returns the module's name."""
    module = f"plugin_{folder.parent.name}_{name}".replace("-", "_")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{module}.py").write_text(source)
    info = folder / f"{module}-1.2.dist-info"
    info.mkdir()
    needed = "".join(f"Requires-Dist: {each}\n" for each in requires)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-package\nVersion: 1.2\n{needed}")
    (info / "entry_points.txt").write_text(f"[hpcfit]\n{name} = {module}\n")
    return module
