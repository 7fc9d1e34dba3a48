"""`hpcfit new-plugin`: a complete package with a potential, weights, a residual and a reader, and tests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def new_plugin(
    name: Annotated[str, typer.Argument(help="of the package, such as hpcfit-fracture")],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="where to write it; by default a new folder NAME here")
    ] = None,
) -> None:
    """Write a plugin of your own: a package with examples that work, and tests that pass.

    It holds a potential, weights, a residual and a reader, each in a file with its test, and the
    hooks by which hpcfit finds them. Change them, and delete what you do not need.

    Exits with 2 when NAME cannot be the name of a package, or the folder is there already.
    """
    from hpcfit.cli.plugin_package import Names, write_package

    names = Names.of(name)
    place = Path(names.name) if folder is None else folder
    files = write_package(names, place)
    print(f"{place}: a plugin {names.short} with {len(files)} files. Install and test it:")
    print(f"  cd {place}")
    print("  pip install -e '.[test]'")
    print("  pytest")
    print("  hpcfit plugins")
