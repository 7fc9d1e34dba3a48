"""Which of a source's entries is the energy, the forces, the stress.

The field writes them under many names, and often two of them at once (a model's value beside
the reference). Entries that agree are the same quantity; entries that differ are the user's choice.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.configuration import Floats, cell_volumes
from hpcfit.data.readers.reader import Quantity, ReadOptions, ReadReport
from hpcfit.errors import DataError

#: Lower-case names, most specific to the quantity first.
ALIASES: Mapping[Quantity, tuple[str, ...]] = {
    "energy": (
        "energy",
        "ref_energy",
        "dft_energy",
        "total_energy",
        "potential_energy",
        "totenergy",
        "etot",
        *("poteng", "pe"),
    ),
    "forces": ("forces", "force", "ref_forces", "ref_force", "dft_forces", "dft_force"),
    "stress": (
        *("stress", "ref_stress", "dft_stress"),
        *("virial", "virials", "ref_virial", "ref_virials", "dft_virial", "dft_virials"),
    ),
}
#: Relative difference up to which two entries are the same number, written twice.
_SAME = 1e-6


def choose(
    quantity: Quantity,
    entries: Mapping[str, object],
    options: ReadOptions,
    report: ReadReport,
    where: str,
    *,
    cell: Floats,
    natoms: int,
) -> Floats | None:
    """The value of `quantity` among a configuration's named `entries`, or None when it has none.

    Energy () in eV, forces (natoms, 3) in eV/angstrom, stress (6,) in eV/angstrom^3. Entries are
    numbers, sequences, or text of numbers; None and NaN are missing. A stress is taken in ASE's
    sign; what is named virial(s) is W = -V stress (eV) and is divided by -V. Six numbers are
    xx yy zz yz xz xy, nine a matrix. Raises DataError, beginning with `where`, when entries of
    different value could be meant, or a value cannot be what its name says.
    """
    if quantity in options.leave_out:
        return None
    report.seen.update((quantity, key) for key in entries)
    chosen = options.key(quantity)
    names = [chosen] if chosen is not None else _candidates(quantity, entries)
    values: dict[str, Floats] = {}
    for name in names:
        if name in entries:
            value = _value(quantity, name, entries[name], cell, natoms, where)
            if value is not None:
                values[name] = value
    if not values:
        return None
    first = next(iter(values))
    for name, value in values.items():
        if not np.allclose(value, values[first], rtol=_SAME, atol=_SAME):
            raise DataError(
                f"{where}: has both {first} and {name}, with different values. "
                f"Choose with --{quantity}-key {first} or --{quantity}-key {name}, or --no-{quantity}."
            )
    report.found(quantity, first)
    return values[first]


def choose_named(
    quantity: Quantity,
    entries: Mapping[str, Floats],
    default: str,
    options: ReadOptions,
    report: ReadReport,
) -> Floats | None:
    """The value of `quantity` among the `entries` of a format that names them itself: the one that
    the user chose, or else `default`; None when it is not there or left out."""
    if quantity in options.leave_out:
        return None
    report.seen.update((quantity, key) for key in entries)
    key = options.key(quantity) or default
    if key not in entries:
        return None
    report.found(quantity, key)
    return entries[key]


def check_chosen(options: ReadOptions, report: ReadReport) -> None:
    """DataError for a key that the user chose and no configuration has, with the keys there were."""
    for quantity in ALIASES:
        chosen = options.key(quantity)
        if chosen is not None and (quantity, chosen) not in report.keys:
            seen = sorted(key for what, key in report.seen if what == quantity)
            raise DataError(
                f"--{quantity}-key {chosen}: no configuration has it. "
                f"Keys there are: {', '.join(seen) or 'none'}."
            )


def _candidates(quantity: Quantity, entries: Mapping[str, object]) -> list[str]:
    order = {name: place for place, name in enumerate(ALIASES[quantity])}
    found = [key for key in entries if key.lower() in order]
    return sorted(found, key=lambda key: (order[key.lower()], key))


def _value(
    quantity: Quantity, name: str, entry: object, cell: Floats, natoms: int, where: str
) -> Floats | None:
    """`entry` in the units and shape of `quantity`; None when it is missing."""
    if entry is None:
        return None
    value = numbers(entry)
    if value is None:
        raise DataError(f"{where}: {name} = {str(entry)[:60]!r} is not a number or a list of numbers.")
    if np.isnan(value).all():
        return None
    if not np.isfinite(value).all():
        raise DataError(f"{where}: {name} contains NaN or infinity; correct it or use --no-{quantity}.")
    if quantity == "stress":
        return _stress(name, value, cell, where)
    size = 1 if quantity == "energy" else 3 * natoms
    if value.size != size:
        raise DataError(f"{where}: {name} has {value.size} numbers instead of {size}.")
    return value.reshape(()) if quantity == "energy" else value.reshape(natoms, 3)


def _stress(name: str, value: Floats, cell: Floats, where: str) -> Floats:
    if value.size not in (6, 9):
        raise DataError(f"{where}: {name} has {value.size} numbers instead of 6 or 9.")
    voigt = value.reshape(6) if value.size == 6 else _voigt(name, value.reshape(3, 3), where)
    if "virial" not in name.lower():
        return voigt
    volume = float(cell_volumes(cell[np.newaxis])[0])
    if np.isnan(volume):
        raise DataError(f"{where}: has {name} but no cell volume to make a stress of it; use --no-stress.")
    return -voigt / volume


def _voigt(name: str, matrix: Floats, where: str) -> Floats:
    if np.abs(matrix - matrix.T).max() > 1e-3 * np.abs(matrix).max() + 1e-6:
        raise DataError(f"{where}: {name} is not a symmetric matrix; correct it or use --no-stress.")
    matrix = 0.5 * (matrix + matrix.T)
    return matrix[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]


def numbers(entry: object) -> NDArray[np.float64] | None:
    """`entry`, numbers or text like "1 2 3" or "[[1, 2], [3, 4]]", as float64; None when it is neither."""
    if isinstance(entry, str):
        entry = entry.translate(_SEPARATORS).split()
        if not entry:
            return None
    if isinstance(entry, bool | np.bool_):
        return None
    try:
        value = np.array(entry, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return value if value.size else None


_SEPARATORS = str.maketrans("[]{},", "     ")
