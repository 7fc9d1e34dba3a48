"""`hpcfit export`: write a dataset as extended XYZ."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    data: Annotated[Path, typer.Argument(metavar="DATA.h5", help="A dataset made by `hpcfit import`.")],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="The .extxyz file to write; - for stdout.")
    ],
    tags: Annotated[
        list[str] | None,
        typer.Option(metavar="TAG,...", help="Only configurations with these tags; may be given again."),
    ] = None,
    energy_unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="Write energies in this unit instead of eV.")
    ] = None,
    length_unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="Write lengths in this unit instead of angstrom.")
    ] = None,
    stress_unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="Write stress in this unit, else energy/length^3.")
    ] = None,
    stress_sign: Annotated[
        str | None, typer.Option(metavar="SIGN", help="When stress is positive: tension or compression.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")] = False,
) -> None:
    """Write a dataset as extended XYZ, with every digit: imported again, it is the same to the last bit.

    Energy, forces, stress, identifiers, tags (config_type) and weights go along. Everybody expects
    extended XYZ in eV and angstrom; in other units, each frame says which.

    Example: hpcfit export train.h5 -o surfaces.extxyz --tags Surface,Vacancy
    """
    from hpcfit.data.export import export_extxyz
    from hpcfit.data.foreign_units import UnitChoice
    from hpcfit.suggest import counted

    units = UnitChoice(energy_unit, length_unit, stress_unit, stress_sign).units()
    done = export_extxyz(data, output, tags=tags, units=units, overwrite=force)
    to_stdout = output == "-"
    what = f"{counted(done.configurations, 'configuration')}, {counted(done.atoms, 'atom')}"
    if not to_stdout:
        typer.echo(f"read      {what}, from {data}")
        if not units.native:
            typer.echo(f"units     {units}")
    if done.tables_left_out:
        names = ", ".join(done.tables_left_out)
        typer.echo(f"left out  tables, for which extended XYZ has no place: {names}", err=to_stdout)
    if not to_stdout:
        typer.echo(f"wrote     {output}")
