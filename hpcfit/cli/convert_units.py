"""`hpcfit convert-units`: make a dataset's numbers eV and angstrom after all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def convert_units(
    data: Annotated[Path, typer.Argument(metavar="DATA.h5", help="A dataset in the wrong units.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="NEW.h5", help="The dataset to write (eV, angstrom)."),
    ],
    energy_unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="What its energies really are in, such as kcal/mol.")
    ] = None,
    length_unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="What its lengths really are in, such as bohr.")
    ] = None,
    stress_unit: Annotated[
        str | None,
        typer.Option(metavar="UNIT", help="What its stress really is in, such as GPa; else energy/length^3."),
    ] = None,
    stress_sign: Annotated[
        str | None, typer.Option(metavar="SIGN", help="When it is positive: tension or compression.")
    ] = None,
    compress: Annotated[bool, typer.Option("--compress", help="Smaller file, slower to read.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")] = False,
) -> None:
    """Say what the numbers of a dataset are in, and write it anew in eV and angstrom.

    For a dataset that was imported without its units said. What is not named is in eV, angstrom and
    energy/length^3. Forces follow from energy and length. Units: eV, meV, Ry, Ha, kcal/mol, kJ/mol;
    angstrom, bohr, nm; for stress GPa, MPa, kbar, bar, Ha/bohr^3, Ry/bohr^3, eV/angstrom^3.

    Example: hpcfit convert-units water.h5 -o water-ev.h5 --energy-unit kcal/mol
    """
    from hpcfit.data.converting import convert_units
    from hpcfit.data.foreign_units import UnitChoice
    from hpcfit.suggest import counted

    choice = UnitChoice(energy_unit, length_unit, stress_unit, stress_sign)
    done = convert_units(data, output, choice, overwrite=force, compress=compress)
    what = f"{counted(done.configurations, 'configuration')}, {counted(done.atoms, 'atom')}"
    units = done.units
    typer.echo(f"read      {what}, from {data}")
    typer.echo(f"units     from {units}")
    typer.echo(
        f"factors   energy {units.energy_factor:.10g}, length {units.length_factor:.10g}, "
        f"forces {units.force_factor:.10g}, stress {units.stress_factor:.10g}"
    )
    for step in done.earlier:
        typer.echo(f"note      units were converted before: {step}")
    if done.tables:
        typer.echo(f"note      tables are as they were: {', '.join(done.tables)}")
    typer.echo(f"wrote     {output}  {done.content_hash}")
