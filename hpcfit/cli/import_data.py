"""`hpcfit import`: make a dataset of files in the formats of others."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hpcfit.data import Reader, ReadReport
    from hpcfit.data.importing import ImportResult

_EXAMPLES = 3


def import_data(
    sources: Annotated[list[Path], typer.Argument(metavar="SOURCE...", help="Files, or folders of files.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The dataset to write (.h5).")],
    energy_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The source's key of the energy (eV).")
    ] = None,
    forces_key: Annotated[
        str | None, typer.Option(metavar="KEY", help="The source's key of the forces (eV/angstrom).")
    ] = None,
    stress_key: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            help="Key of the stress (eV/angstrom^3, ASE's sign), or of the virial = -V stress (eV).",
        ),
    ] = None,
    no_energy: Annotated[bool, typer.Option("--no-energy", help="Leave energies out.")] = False,
    no_forces: Annotated[bool, typer.Option("--no-forces", help="Leave forces out.")] = False,
    no_stress: Annotated[bool, typer.Option("--no-stress", help="Leave stresses out.")] = False,
    tag: Annotated[
        str | None, typer.Option(help="Tag of all configurations, instead of the sources' own.")
    ] = None,
    energy_unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="What the source's energies are in, such as Ha.")
    ] = None,
    length_unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="What its lengths are in, such as bohr.")
    ] = None,
    stress_unit: Annotated[
        str | None,
        typer.Option(metavar="UNIT", help="What its stress is in, such as GPa; else energy/length^3."),
    ] = None,
    stress_sign: Annotated[
        str | None, typer.Option(metavar="SIGN", help="When its stress is positive: tension or compression.")
    ] = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="NAME", help="Format of the files: a reader's name, or one of ASE's."
        ),
    ] = None,
    energies: Annotated[
        Path | None, typer.Option(metavar="TABLE", help="Energies by step, for a LAMMPS dump.")
    ] = None,
    types: Annotated[
        str | None, typer.Option(metavar="Si,C", help="Elements of the atom types, in their order.")
    ] = None,
    cell: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBERS", help="Cell of files that have none: 9 numbers, 3 for a box, or none."
        ),
    ] = None,
    keep_unconverged: Annotated[
        bool, typer.Option("--keep-unconverged", help="Read steps whose electronic loop did not converge.")
    ] = False,
    table: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The source is a table (CSV, TSV): write its numbers under NAME."),
    ] = None,
    compress: Annotated[bool, typer.Option("--compress", help="Smaller file, slower to read.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")] = False,
) -> None:
    """Make a dataset of the files of other programs, or of folders of them.

    Recognised are extended XYZ, VASP's vasprun.xml and OUTCAR, output of Quantum ESPRESSO's pw.x, CP2K
    trajectories, LAMMPS dumps, potfit and RuNNer configurations, ASE databases and trajectories, mlearn
    JSON, and a plugin's formats; by --format anything that ASE reads.

    Says from which key every quantity came and what was skipped. Where two keys could be meant and
    differ, it asks for a choice.

    Units of formats that do not say are taken for eV and angstrom. The options say otherwise: energies
    in eV, meV, Ry, Ha, kcal/mol, kJ/mol; lengths in angstrom, bohr, nm; stress in GPa, MPa, kbar, bar,
    Ha/bohr^3, Ry/bohr^3, eV/angstrom^3. Forces follow from energy and length.

    With --table, the source is a text file of plain data, and a job names it by table = "data.h5:NAME".
    """
    if table is not None:
        _import_table(sources, output, table, force, compress)
        return
    from hpcfit.data import QUANTITIES, ReadOptions
    from hpcfit.data.foreign_units import UnitChoice
    from hpcfit.data.importing import import_dataset
    from hpcfit.data.single_formats import parse_cell, parse_types

    left_out = dict(zip(QUANTITIES, (no_energy, no_forces, no_stress), strict=True))
    options = ReadOptions(
        energy_key=energy_key,
        forces_key=forces_key,
        stress_key=stress_key,
        leave_out=frozenset(quantity for quantity in QUANTITIES if left_out[quantity]),
        format=format_name,
        energies=energies,
        types=parse_types(types),
        cell=parse_cell(cell),
        keep_unconverged=keep_unconverged,
    )
    result = import_dataset(
        sources,
        output,
        registered_readers(),
        options,
        tag=tag,
        units=UnitChoice(energy_unit, length_unit, stress_unit, stress_sign),
        overwrite=force,
        compress=compress,
    )
    for line in describe_import(result, output):
        typer.echo(line)


def _import_table(sources: list[Path], output: Path, name: str, force: bool, compress: bool) -> None:
    from hpcfit.data.table.import_table import import_table
    from hpcfit.errors import DataError

    if len(sources) != 1:
        raise DataError(f"--table: one file is expected, not {len(sources)}.")
    made = import_table(sources[0], output, name, overwrite=force, compress=compress)
    typer.echo(f"read      {made.rows} rows from {sources[0]}")
    typer.echo(f"columns   {', '.join(made.columns)}")
    if made.left_out:
        typer.echo(f"left out  {', '.join(made.left_out)}: no numbers")
    typer.echo(f"wrote     {output}  {made.content_hash}")


def registered_readers() -> dict[str, Reader]:
    """All readers, built in and of installed plugins, by name.

    One that cannot be used is left out, and said so: the files may well be for another.
    """
    from hpcfit.errors import PluginError
    from hpcfit.registry import Registry

    registry = Registry(Path.cwd())
    registry.load_installed()
    readers: dict[str, Reader] = {}
    for name in registry.names("readers"):
        try:
            readers[name] = registry.find("readers", name)
        except PluginError as error:
            typer.echo(f"reader {name!r} is left out: {error}", err=True)
    return readers


def describe_import(result: ImportResult, output: Path) -> Iterator[str]:
    """What was read, from which keys, what was skipped and what was written, as lines."""
    made = result.configurations
    files = ", ".join(f"{count} {name}" for name, count in result.files.items())
    yield f"read      {len(made)} configurations, {sum(c.natoms for c in made)} atoms, from {files} file(s)"
    species = sorted({int(number) for c in made for number in set(c.numbers.tolist())})
    yield f"species   {' '.join(_symbol(number) for number in species)}"
    yield from _quantities(result.report, len(made))
    for name, units in result.units.items():
        yield f"units     {name} from {units}"
    tags = Counter(c.tag for c in made if c.tag)
    if tags:
        yield "tags      " + ", ".join(f"{tag} ({count})" for tag, count in tags.most_common())
    for reason, count in Counter(reason for _, reason in result.report.skipped).items():
        names = [path for path, why in result.report.skipped if why == reason]
        more = ", ..." if count > _EXAMPLES else ""
        yield f"skipped   {count}: {reason} ({', '.join(names[:_EXAMPLES])}{more})"
    for note, count in result.report.notes.items():
        yield f"note      {count}: {note}"
    yield f"wrote     {output}  {result.content_hash}"
    for suspicion in result.suspicions:
        yield f"warning   {suspicion}"


def _quantities(report: ReadReport, count: int) -> Iterator[str]:
    from hpcfit.data import QUANTITIES

    for quantity in QUANTITIES:
        keys = [(key, n) for (what, key), n in sorted(report.keys.items()) if what == quantity]
        missing = count - sum(n for _, n in keys)
        parts = [f"from {key!r} ({n})" for key, n in keys]
        if missing:
            parts.append(f"none ({missing})")
        yield f"{quantity:<10}{', '.join(parts)}"


def _symbol(number: int) -> str:
    from hpcfit.data.elements import chemical_symbol

    return chemical_symbol(number)
