"""Reader of the mlearn JSON files (Zuo et al., J. Phys. Chem. A 124, 731 (2020)).

Each entry holds a pymatgen structure and the outputs of VASP: the total energy in eV, forces
in eV/angstrom and virial_stress as VASP prints it, "in kB" with compression positive and the order
xx yy zz xy yz zx. Compared with a Tersoff potential on the strained cells of the silicon set, sign
and order are unmistakable: stress = -virial_stress * 0.1 GPa, reordered to xx yy zz yz xz xy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, final

import numpy as np

from hpcfit.data.configuration import Configuration, Floats, configuration
from hpcfit.data.elements import atomic_number
from hpcfit.data.readers.keys import numbers
from hpcfit.data.readers.reader import Quantity, Reader, ReadOptions, ReadReport, Source
from hpcfit.errors import DataError
from hpcfit.units import GPA

_KEYS: dict[Quantity, str] = {"energy": "energy", "forces": "forces", "stress": "virial_stress"}
#: Place of xx yy zz yz xz xy in VASP's xx yy zz xy yz zx.
_FROM_VASP = [0, 1, 2, 4, 5, 3]


@final
class MlearnReader(Reader):
    """The list of entries with "structure", "group" and "outputs"."""

    name = "mlearn"
    formats = "JSON of the mlearn repository (.json), a list of structures with outputs"
    fixed_units = True

    def sniff(self, path: Path) -> bool:
        if path.suffix.lower() != ".json":
            return False
        with path.open(encoding="utf-8", errors="replace") as file:
            head = file.read(4096).lstrip()
        return head.startswith("[") and ('"structure"' in head or '"outputs"' in head)

    def read(self, source: Source, options: ReadOptions, report: ReadReport) -> Iterator[Configuration]:
        try:
            entries = json.loads(source.path.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise DataError(f"{source.path}: not valid JSON ({error}).") from error
        for index, entry in enumerate(entries):
            where = f"{source.path}: entry {index}"
            try:
                yield _configuration(entry, source, index, where, options, report)
            except (KeyError, TypeError, IndexError, AttributeError) as error:
                raise DataError(
                    f"{where}: not as mlearn writes it ({type(error).__name__}: {error})."
                ) from error


def _configuration(
    entry: Mapping[str, Any],
    source: Source,
    index: int,
    where: str,
    options: ReadOptions,
    report: ReadReport,
) -> Configuration:
    structure, outputs = entry["structure"], entry["outputs"]
    values = {quantity: _output(outputs, quantity, where, options, report) for quantity in _KEYS}
    energy, stress = values["energy"], values["stress"]
    if stress is not None:
        stress = -0.1 / GPA * stress.reshape(6)[_FROM_VASP]
    sites = structure["sites"]
    name = ": ".join(part for part in (entry.get("group"), entry.get("description")) if part)
    return configuration(
        name or source.identifier(index),
        [atomic_number(_element(site, where)) for site in sites],
        [site["xyz"] for site in sites],
        structure["lattice"]["matrix"],
        True,
        energy=None if energy is None else float(energy.reshape(())),
        forces=values["forces"],
        stress=stress,
        tag=entry.get("group") or source.tag,
    )


def _output(
    outputs: Mapping[str, Any], quantity: Quantity, where: str, options: ReadOptions, report: ReadReport
) -> Floats | None:
    report.seen.update((quantity, key) for key in outputs)
    key = options.key(quantity) or _KEYS[quantity]
    if quantity in options.leave_out or outputs.get(key) is None:
        return None
    value = numbers(outputs[key])
    if value is None or not np.isfinite(value).all() or (quantity == "energy" and value.size != 1):
        raise DataError(
            f"{where}: outputs {key} is not made of finite numbers; use --no-{quantity} to go without."
        )
    if quantity == "stress" and value.size != 6:
        raise DataError(f"{where}: outputs {key} has {value.size} numbers instead of 6.")
    report.found(quantity, key)
    return value


def _element(site: Mapping[str, Any], where: str) -> str:
    species = site["species"]
    if len(species) != 1 or species[0]["occu"] != 1:
        raise DataError(f"{where}: a site is occupied in part or by several elements.")
    element: str = species[0]["element"]
    return element
