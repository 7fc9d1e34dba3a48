"""Reader of LAMMPS text dumps, with the energies from a table beside them.

A dump holds no energies. They come from the table given with --energies, or from NAME.energies beside
the dump NAME. Units are those of `units metal` (eV, angstrom), unless the import is told others.
Pressures of the table are in bar, as metal prints them, and become stress with the sign turned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, final

from hpcfit.data.configuration import Configuration, Floats, configuration
from hpcfit.data.readers.energy_table import EnergyTable, read_table, tensor
from hpcfit.data.readers.keys import choose, choose_named
from hpcfit.data.readers.lammps_snapshot import Snapshot, snapshots
from hpcfit.data.readers.reader import Reader, ReadOptions, ReadReport, Source
from hpcfit.data.readers.step import CUT_OFF, elements
from hpcfit.data.readers.text_file import head
from hpcfit.errors import DataError
from hpcfit.units import STRESS

_SUFFIX = ".energies"
#: Names of the two stresses that a table can hold.
STRESS_COLUMNS, PRESSURE_COLUMNS = "sxx", "pxx"
_UNITS = {
    "real": "--energy-unit kcal/mol",
    "electron": "--energy-unit Ha --length-unit bohr",
}
_NO_ENERGIES = "a dump has no energies; give them with --energies TABLE, or as NAME.energies beside it"
_PRESSURES = "pressures of the table are taken as bar, without a kinetic part (a run 0 has none)"
_UNUSED = "steps of the table have no snapshot"


@dataclass(frozen=True)
class _Context:
    """What holds for all snapshots of a dump."""

    source: Source
    options: ReadOptions
    report: ReadReport
    table: EnergyTable | None


@final
class LammpsDumpReader(Reader):
    """Text dumps (atom and custom style), also gzip'd; orthogonal, triclinic and general boxes."""

    name = "lammps-dump"
    formats = "LAMMPS text dump, with energies in a table NAME.energies or --energies"
    takes: ClassVar[frozenset[str]] = frozenset({"energies", "types"})

    def sniff(self, path: Path) -> bool:
        if path.suffix == _SUFFIX:
            return True
        start = head(path, 256).lstrip()
        return start.startswith(("ITEM: TIMESTEP", "ITEM: UNITS", "ITEM: TIME"))

    def leader(self, path: Path) -> Path | None:
        if path.suffix != _SUFFIX:
            return None
        dump = path.with_suffix("")
        others = (each for each in sorted(path.parent.glob(f"{path.stem}.*")) if each.suffix != _SUFFIX)
        return dump if dump.exists() else next(others, dump)

    def read(self, source: Source, options: ReadOptions, report: ReadReport) -> Iterator[Configuration]:
        table = _table(source.path, options, report)
        context = _Context(source, options, report, table)
        seen: set[int] = set()
        for index, snapshot in enumerate(snapshots(source.path)):
            if snapshot is None:
                report.skip(f"{source.path}: snapshot {index + 1}", CUT_OFF)
            else:
                _check_units(snapshot, options)
                seen.add(snapshot.step)
                yield _configuration(snapshot, index, context)
        if table is not None and not seen >= set(table.rows):
            report.note(_UNUSED)


def _table(path: Path, options: ReadOptions, report: ReadReport) -> EnergyTable | None:
    found = options.energies
    if found is None:
        names = (path.name + _SUFFIX, path.name.removesuffix(".gz") + _SUFFIX, path.stem + _SUFFIX)
        beside = [each for name in dict.fromkeys(names) if (each := path.with_name(name)).exists()]
        if len(beside) > 1:
            raise DataError(
                f"{path}: both {beside[0].name} and {beside[1].name} lie beside it; choose with --energies."
            )
        found = beside[0] if beside else None
    if found is None:
        if "energy" not in options.leave_out:
            report.note(_NO_ENERGIES)
        return None
    report.also_read.append(found)
    return read_table(found)


def _check_units(snapshot: Snapshot, options: ReadOptions) -> None:
    if snapshot.units not in ("", "metal") and not options.units_chosen:
        remedy = f"add {_UNITS[snapshot.units]}" if snapshot.units in _UNITS else "convert it to metal"
        raise DataError(f"{snapshot.where}: this dump says its units are {snapshot.units}; {remedy}.")


def _configuration(snapshot: Snapshot, index: int, context: _Context) -> Configuration:
    options, report, where = context.options, context.report, snapshot.where
    row: dict[str, float] = {}
    if context.table is not None and not {"energy", "stress"} <= options.leave_out:
        row = context.table.row(snapshot.step, where)
    cell, natoms = snapshot.cell, len(snapshot.rows)
    energy = choose("energy", row, options, report, where, cell=cell, natoms=natoms)
    forces = _columns(snapshot, ("fx", "fy", "fz")) if "forces" not in options.leave_out else None
    entries = {} if forces is None else {"forces": forces}
    numbers = _numbers(snapshot, options.types)
    try:
        return configuration(
            context.source.identifier(index),
            numbers,
            _positions(snapshot),
            cell,
            snapshot.pbc,
            energy=None if energy is None else float(energy),
            forces=choose("forces", entries, options, report, where, cell=cell, natoms=natoms),
            stress=_stress(row, context, where),
            tag=context.source.tag,
        )
    except DataError as error:
        text = str(error)
        raise error if text.startswith(where) else DataError(f"{where}: {text}") from error


def _stress(row: Mapping[str, float], context: _Context, where: str) -> Floats | None:
    """The stress that a row of the table holds, as pressures or as itself."""
    entries: dict[str, Floats] = {}
    stress, pressure = tensor(row, "s"), tensor(row, "p")
    if stress is not None:
        entries[STRESS_COLUMNS] = stress
    if pressure is not None:
        entries[PRESSURE_COLUMNS] = -STRESS["bar"] * pressure
    options = context.options
    if len(entries) > 1 and options.stress_key is None and "stress" not in options.leave_out:
        raise DataError(
            f"{where}: the table has both pressures (pxx ...) and stresses (sxx ...); choose with "
            f"--stress-key {PRESSURE_COLUMNS} or --stress-key {STRESS_COLUMNS}, or --no-stress."
        )
    chosen = choose_named("stress", entries, next(iter(entries), ""), options, context.report)
    if chosen is not None and chosen is entries.get(PRESSURE_COLUMNS):
        context.report.note(_PRESSURES)
    return chosen


def _columns(snapshot: Snapshot, names: Sequence[str]) -> Floats | None:
    """The columns (natoms, n) of these names; None when one is missing."""
    if not set(names) <= set(snapshot.columns):
        return None
    places = [snapshot.columns.index(name) for name in names]
    return snapshot.numbers(places)


def _positions(snapshot: Snapshot) -> Floats:
    for names in (("x", "y", "z"), ("xu", "yu", "zu")):
        positions = _columns(snapshot, names)
        if positions is not None:
            return positions
    for names in (("xs", "ys", "zs"), ("xsu", "ysu", "zsu")):
        scaled = _columns(snapshot, names)
        if scaled is not None:
            return snapshot.origin + scaled @ snapshot.cell
    raise DataError(
        f"{snapshot.where}: no positions among the columns {' '.join(snapshot.columns)}; dump x y z, "
        "xu yu zu, xs ys zs or xsu ysu zsu."
    )


def _numbers(snapshot: Snapshot, types: Sequence[str]) -> list[int]:
    """Atomic numbers from --types, or else from the column element."""
    where = snapshot.where
    remedy = " Name the elements of types 1, 2, ... with --types, as in --types Si,C."
    if types and "type" in snapshot.columns:
        kinds = elements(types, where, remedy)
        given = _columns(snapshot, ["type"])
        assert given is not None
        if given.min() < 1 or given.max() > len(kinds) or (given % 1).any():
            raise DataError(
                f"{where}: types {given.min():g} to {given.max():g}, but --types names {len(kinds)}: "
                f"{','.join(types)}."
            )
        return [kinds[int(each) - 1] for each in given[:, 0]]
    if "element" in snapshot.columns:
        place = snapshot.columns.index("element")
        return elements([row[place] for row in snapshot.rows], where, remedy)
    raise DataError(f"{where}: no column names the elements.{remedy}")
