"""Reader of potfit's configuration files: a header of lines beginning with #, then one atom a line.

As potfit's own source has it (config.c, force_pair.c, util/vasp2force): #E is the energy per atom, so
that it is multiplied by their number; #S holds xx yy zz xy yz zx in eV/angstrom^3 with compression
positive, the sign of VASP, so that it is turned; the boundaries are always periodic. With `#N natoms 0`
the forces are not used. #W multiplies squared errors in potfit; weights here multiply residuals, so that
its square root is kept as the configuration's weight.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, final

import numpy as np

from hpcfit.data.configuration import Configuration, Floats
from hpcfit.data.readers.reader import Quantity, Reader, ReadOptions, ReadReport, Source
from hpcfit.data.readers.step import CUT_OFF, FROM_XY_YZ_ZX, Step, elements, scalar
from hpcfit.data.readers.text_file import CutOffError, Lines, floats, head, whole_number
from hpcfit.errors import DataError

_START = re.compile(r"^#N\s+\d+", re.MULTILINE)
_BOX = {"X": 0, "Y": 1, "Z": 2}
_CONTRIBUTING = "the region of contributing atoms (#B_...) is not used: all atoms count"
_NO_FORCES = "forces are not used, as the 0 after #N natoms says"


@dataclass
class _Header:
    """The lines with # of a configuration: each key's words and line."""

    where: str
    natoms: int
    use_forces: bool
    entries: dict[str, tuple[list[str], str]] = field(default_factory=dict)


@final
class PotfitReader(Reader):
    """potfit .config files with the header that potfit has had since 2007."""

    name = "potfit"
    formats = "potfit configurations (.config, #N #X #Y #Z #E #F)"
    fixed_units = False
    takes: ClassVar[frozenset[str]] = frozenset({"types"})

    def sniff(self, path: Path) -> bool:
        text = head(path)
        return _START.search(text) is not None and re.search(r"^#[XE]\s", text, re.MULTILINE) is not None

    def read(self, source: Source, options: ReadOptions, report: ReadReport) -> Iterator[Configuration]:
        count = 0
        kinds: list[str] = list(options.types)
        with Lines(source.path, whole=True) as lines:
            for line in lines:
                if not line.startswith("#N"):
                    if line.strip() and not line.startswith("#"):
                        raise DataError(f"{lines.where}: expected '#N', found {line.strip()[:40]!r}.")
                    continue
                try:
                    header = _header(line, lines)
                    # Elements are named once, in the first configuration or in each.
                    kinds = kinds if options.types else header.entries.get("C", (kinds, ""))[0]
                    step = _step(header, lines, count, kinds, options, report)
                except CutOffError:
                    report.skip(f"{source.path}: configuration {count + 1}", CUT_OFF)
                    return
                yield step.configuration(source, options, report)
                count += 1


def _header(line: str, lines: Lines) -> _Header:
    words = line[2:].split()
    if len(words) < 2:
        raise DataError(f"{lines.where}: expected '#N natoms useforce'.")
    natoms = whole_number(words[0], lines.where, "#N natoms")
    if natoms < 1:
        raise DataError(f"{lines.where}: #N announces {natoms} atoms.")
    header = _Header(lines.where, natoms, whole_number(words[1], lines.where, "#N useforce") != 0)
    while True:
        text = lines.take()
        if not text.startswith("#"):
            raise DataError(
                f"{lines.where}: expected a header line beginning with #; '#F' must end the header."
            )
        key, words = text[1:2].upper(), text[2:].split()
        if key == "F":
            return header
        if key == "#" or (key == "B" and key in header.entries):
            continue
        if key in header.entries and header.entries[key][0] != words:
            raise DataError(
                f"{lines.where}: a second #{key}, not the same as the one of {header.entries[key][1]}; "
                "remove one."
            )
        header.entries[key] = (words, lines.where)


def _numbers(header: _Header, key: str, count: int) -> Floats | None:
    if key not in header.entries:
        return None
    words, where = header.entries[key]
    return floats(words, where, f"#{key}", count)


def _step(
    header: _Header,
    lines: Lines,
    index: int,
    kinds: list[str],
    options: ReadOptions,
    report: ReadReport,
) -> Step:
    types, positions, forces = _atoms(header, lines, options)
    vectors = [_numbers(header, key, 3) for key in _BOX]
    box = [vector for vector in vectors if vector is not None]
    if len(box) < 3:
        raise DataError(f"{header.where}: #X, #Y and #Z, the box, are not all there.")
    values: dict[Quantity, dict[str, Floats]] = {}
    energy = None if "energy" in options.leave_out else _numbers(header, "E", 1)
    if energy is not None:
        values["energy"] = {"energy": scalar(energy[0] * header.natoms)}
    stress = None if "stress" in options.leave_out else _numbers(header, "S", 6)
    if stress is not None:
        values["stress"] = {"stress": -stress[FROM_XY_YZ_ZX]}
    if header.use_forces and "forces" not in options.leave_out:
        values["forces"] = {"forces": forces}
    if not header.use_forces:
        report.note(_NO_FORCES)
    if "B" in header.entries:
        report.note(_CONTRIBUTING)
    weight = _numbers(header, "W", 1)
    return Step(
        index,
        header.where,
        _elements(types, kinds, header.where),
        positions,
        np.array(box),
        values=values,
        # A negative one is left for the check of all weights to refuse.
        weights={} if weight is None else {"config": float(np.copysign(np.sqrt(abs(weight[0])), weight[0]))},
    )


def _atoms(header: _Header, lines: Lines, options: ReadOptions) -> tuple[list[int], Floats, Floats]:
    """Type, position and force of the atoms that follow."""
    kept = 7 if header.use_forces and "forces" not in options.leave_out else 4
    types, rows = [], []
    for place in range(header.natoms):
        words = lines.take().split()
        if words[:1] and words[0].startswith("#"):
            raise DataError(
                f"{lines.where}: a new header after {place} of the {header.natoms} atoms that {header.where} "
                "announces; correct #N."
            )
        if len(words) < 7:
            raise DataError(f"{lines.where}: expected 7 columns, type x y z fx fy fz, found {len(words)}.")
        types.append(whole_number(words[0], lines.where, "type"))
        rows.append(floats(words[1:kept], lines.where, "position and force"))
    values = np.array(rows)
    return types, values[:, :3], values[:, 3:]


def _elements(types: list[int], kinds: list[str], where: str) -> list[int]:
    """Atomic numbers of types 0, 1, ... which `kinds` names."""
    if not kinds:
        raise DataError(
            f"{where}: no line #C names the elements of types 0, 1, ...; give them with --types, as in "
            "--types Si,C."
        )
    if not 0 <= min(types) <= max(types) < len(kinds):
        raise DataError(
            f"{where}: types {min(types)} to {max(types)}, but {len(kinds)} elements ({' '.join(kinds)}) are "
            "named for types 0, 1, ...; correct #C or use --types."
        )
    numbers = elements(kinds, where, " Name them with --types, as in --types Si,C.")
    return [numbers[each] for each in types]
