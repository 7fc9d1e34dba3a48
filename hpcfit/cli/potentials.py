"""`hpcfit potentials [NAME]`: the catalogue, with formulas, parameters, units and sources."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def potentials(
    name: Annotated[str | None, typer.Argument(help="show all of one potential")] = None,
) -> None:
    """List the potentials, or show one: its formulas, options, parameters with units, and sources."""
    from hpcfit.formula.potential import FormulaPotential
    from hpcfit.potentials import describe
    from hpcfit.registry import Registry

    registry = Registry(Path.cwd())
    registry.load_installed()
    if name is not None:
        print(describe(name, registry.find("potentials", name)))
        return
    names = registry.names("potentials")
    width = max(len(each) for each in names)
    for each in names:
        entry = registry.find("potentials", each)
        potential = entry if isinstance(entry, FormulaPotential) else entry()
        print(f"{each:{width}}  {potential.summary}")
    print("\n`hpcfit potentials NAME` shows formulas, options, parameters and sources.")
