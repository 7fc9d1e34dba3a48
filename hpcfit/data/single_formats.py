"""Options that concern single formats: which reader they name, and whether any reader heeds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hpcfit.data.readers import Reader, ReadOptions, Source
from hpcfit.errors import DataError

#: Field of ReadOptions -> the option that sets it.
_OPTIONS: Mapping[str, str] = {
    "energies": "--energies",
    "types": "--types",
    "cell": "--cell",
    "keep_unconverged": "--keep-unconverged",
}


def named_reader(options: ReadOptions, readers: Mapping[str, Reader]) -> Reader | None:
    """The reader that --format names: one of hpcfit's, or ASE's for a format of its own; None without."""
    if options.format is None:
        return None
    return readers.get(options.format) or readers["ase"]


def check_taken(options: ReadOptions, sources: Sequence[tuple[Source, Reader]]) -> None:
    """DataError for an option that no reader here heeds, and a table that is missing or for several files."""
    if options.energies is not None and not options.energies.is_file():
        raise DataError(f"{options.energies}: no such file of energies (--energies).")
    used = Counter(reader.name for _, reader in sources)
    for field, value in _given(options).items():
        takers = [reader for _, reader in sources if field in reader.takes]
        if not takers:
            raise DataError(
                f"{_OPTIONS[field]}: the readers used here ({', '.join(used)}) do not take it; leave it out."
            )
        if field == "energies" and len(takers) > 1:
            raise DataError(
                f"--energies {value}: one table for {len(takers)} files; put NAME.energies beside each file "
                "NAME."
            )


def given_options(options: ReadOptions) -> dict[str, Any]:
    """What was chosen of these options, for the provenance."""
    given = {
        field: str(value) if isinstance(value, Path) else value for field, value in _given(options).items()
    }
    return given if options.format is None else {"format": options.format, **given}


def parse_types(text: str | None) -> tuple[str, ...]:
    """The elements in "Si,C" or "Si C"."""
    return tuple((text or "").replace(",", " ").split())


def parse_cell(text: str | None) -> tuple[tuple[float, float, float], ...] | None:
    """The cell in the text of --cell: nine numbers, three for a box, or none; None without a text."""
    if text is None:
        return None
    if text.strip().lower() == "none":
        return ((0.0, 0.0, 0.0),) * 3
    try:
        values = [float(word) for word in text.replace(",", " ").split()]
    except ValueError:
        values = []
    if len(values) == 3:
        a, b, c = values
        return ((a, 0.0, 0.0), (0.0, b, 0.0), (0.0, 0.0, c))
    if len(values) != 9:
        raise DataError(f"--cell {text[:60]!r}: give nine numbers, three for a rectangular cell, or none.")
    return tuple((values[place], values[place + 1], values[place + 2]) for place in (0, 3, 6))


def _given(options: ReadOptions) -> dict[str, Any]:
    values = {field: getattr(options, field) for field in _OPTIONS}
    return {field: value for field, value in values.items() if value not in (None, (), False)}
