"""Reader of ASE databases (SQLite); the only one that needs ASE."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, final

import numpy as np

from hpcfit.data.configuration import Configuration, configuration
from hpcfit.data.readers.extxyz import NAME_KEYS, TAG_KEYS, read_weights
from hpcfit.data.readers.keys import choose
from hpcfit.data.readers.reader import Reader, ReadOptions, ReadReport, Source
from hpcfit.errors import DataError


@final
class AseDbReader(Reader):
    """Rows of an ASE database: the calculator's results, key-value pairs and data."""

    name = "ase-db"
    formats = "ASE database (.db, SQLite)"
    fixed_units = True

    def sniff(self, path: Path) -> bool:
        with path.open("rb") as file:
            return file.read(16) == b"SQLite format 3\0"

    def read(self, source: Source, options: ReadOptions, report: ReadReport) -> Iterator[Configuration]:
        try:
            from ase.db import connect
        except ImportError as error:
            raise DataError(
                f'{source.path}: reading ASE databases needs ASE. Install it with: pip install "hpcfit[ase]"'
            ) from error
        try:
            connect_any: Any = connect  # ASE has no types
            with connect_any(str(source.path), type="db") as database:
                for row in database.select(sort="id"):
                    yield _configuration(row, source, options, report)
        except DataError:
            raise
        except Exception as error:
            # ASE lets through whatever SQLite, JSON or its own decoding raise at a damaged file.
            raise DataError(f"{source.path}: cannot be read as an ASE database ({error}).") from error


def _configuration(row: Any, source: Source, options: ReadOptions, report: ReadReport) -> Configuration:
    where = f"{source.path}: id {row.id}"
    entries = {**row.data, **row.key_value_pairs}
    results = {name: row.get(name) for name in ("energy", "free_energy", "forces", "stress")}
    entries.update({name: value for name, value in results.items() if value is not None})
    cell = np.array(row.cell, dtype=np.float64).reshape(3, 3)
    natoms = len(row.numbers)
    known = {name: value for name, value in entries.items() if not isinstance(value, dict)}
    energy = choose("energy", known, options, report, where, cell=cell, natoms=natoms)
    return configuration(
        _text(entries, NAME_KEYS) or f"{source.label}#id{row.id}",
        row.numbers,
        row.positions,
        cell,
        row.pbc,
        energy=None if energy is None else float(energy),
        forces=choose("forces", known, options, report, where, cell=cell, natoms=natoms),
        stress=choose("stress", known, options, report, where, cell=cell, natoms=natoms),
        tag=_text(entries, TAG_KEYS) or source.tag,
        weights=read_weights(entries, where),
    )


def _text(entries: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return next((str(entries[name]) for name in names if entries.get(name) not in (None, "")), None)
