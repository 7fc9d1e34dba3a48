"""Reader of RuNNer's input.data, which n2p2 reads as well: blocks from begin to end.

Hartree and bohr are RuNNer's units, and what is assumed; files in others are told so on import. An
atom line holds x y z, element, charge, atomic energy (not used) and the force. RuNNer 2 may name other
columns after `begin`, as in: begin position(3) element charge atom_energy force(3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

import numpy as np

from hpcfit.data.configuration import Configuration, Floats
from hpcfit.data.readers.reader import Quantity, Reader, ReadOptions, ReadReport, Source
from hpcfit.data.readers.step import CUT_OFF, Step, elements, scalar
from hpcfit.data.readers.text_file import CutOffError, Lines, floats, head
from hpcfit.errors import DataError

_BEGIN = re.compile(r"\s*begin\b")
_ATOM = re.compile(r"^\s*atom\s", re.MULTILINE)
_LAYOUT = "position(3) element charge atom_energy force(3)"
_COLUMN = re.compile(r"([\w-]+?)s?(?:\(([1-9]\d?)\))?")
_ALL_ZERO = "all forces of a configuration are exactly zero; if they were not calculated, use --no-forces"


@dataclass
class _Block:
    """What a block holds so far; columns are those of the words after `atom`."""

    where: str
    columns: dict[str, slice]
    width: int
    symbols: list[str] = field(default_factory=list)
    positions: list[Floats] = field(default_factory=list)
    forces: list[Floats] = field(default_factory=list)
    lattice: list[Floats] = field(default_factory=list)
    energy: Floats | None = None


@final
class RunnerReader(Reader):
    """input.data, one configuration or many."""

    name = "runner"
    formats = "RuNNer and n2p2 input.data"
    energy_unit = "Ha"
    length_unit = "bohr"

    def sniff(self, path: Path) -> bool:
        text = head(path)
        return _BEGIN.match(text) is not None and _ATOM.search(text) is not None

    def read(self, source: Source, options: ReadOptions, report: ReadReport) -> Iterator[Configuration]:
        count = 0
        with Lines(source.path, whole=True) as lines:
            for line in lines:
                words = line.split()
                if not words:
                    continue
                if words[0] != "begin":
                    raise DataError(f"{lines.where}: expected 'begin', found {line.strip()[:40]!r}.")
                try:
                    block = _block(words[1:], lines, options)
                except CutOffError:
                    report.skip(f"{source.path}: configuration {count + 1}", CUT_OFF)
                    return
                yield _step(block, count, report).configuration(source, options, report)
                count += 1


def _block(layout: list[str], lines: Lines, options: ReadOptions) -> _Block:
    """The block up to its `end`; CutOffError when the file ends before."""
    block = _Block(lines.where, *_columns(layout or _LAYOUT.split(), lines.where))
    while True:
        words = lines.take().split()
        match words[:1]:
            case [] | ["comment"] | ["charge"]:
                continue
            case ["end"]:
                return block
            case ["atom"]:
                _atom(words[1:], block, lines.where, options)
            case ["lattice"]:
                block.lattice.append(floats(words[1:], lines.where, "lattice", 3))
            case ["energy"]:
                _energy(words[1:], block, lines.where, options)
            case ["begin"]:
                raise DataError(
                    f"{lines.where}: 'begin' within the block of {block.where}; its 'end' is missing."
                )
            case [other]:
                raise DataError(
                    f"{lines.where}: unknown keyword {other[:40]!r}; known are begin, comment, lattice, "
                    "atom, energy, charge and end."
                )


def _columns(layout: list[str], where: str) -> tuple[dict[str, slice], int]:
    """Where the words of each named column are, and how many words an atom has."""
    columns: dict[str, slice] = {}
    start = 0
    for field_ in layout:
        found = _COLUMN.fullmatch(field_)
        if found is None:
            raise DataError(f"{where}: {field_[:40]!r} is not a column such as element or force(3).")
        size = int(found[2] or 1)
        columns[found[1]] = slice(start, start + size)
        start += size
    if "position" not in columns or "element" not in columns:
        raise DataError(f"{where}: begin names no position(3) or no element.")
    return columns, start


def _atom(words: list[str], block: _Block, where: str, options: ReadOptions) -> None:
    if len(words) < block.width:
        raise DataError(f"{where}: expected {block.width} columns after 'atom', found {len(words)}.")
    columns = block.columns
    block.symbols.append(words[columns["element"]][0])
    block.positions.append(floats(words[columns["position"]], where, "position", 3))
    if "force" in columns and "forces" not in options.leave_out:
        block.forces.append(floats(words[columns["force"]], where, "force", 3))


def _energy(words: list[str], block: _Block, where: str, options: ReadOptions) -> None:
    if "energy" in options.leave_out:
        return
    energy = scalar(floats(words, where, "energy", 1)[0])
    if block.energy is not None and energy != block.energy:
        raise DataError(
            f"{where}: a second energy, {float(energy)!r}, beside {float(block.energy)!r} in the block of "
            f"{block.where}; remove one, or use --no-energy."
        )
    block.energy = energy


def _step(block: _Block, index: int, report: ReadReport) -> Step:
    if len(block.lattice) not in (0, 3):
        raise DataError(f"{block.where}: has {len(block.lattice)} lattice vectors; give three, or none.")
    values: dict[Quantity, dict[str, Floats]] = {}
    if block.energy is not None:
        values["energy"] = {"energy": block.energy}
    if block.forces:
        forces = np.array(block.forces)
        values["forces"] = {"forces": forces}
        if not forces.any() and len(forces) > 1:
            report.note(_ALL_ZERO)
    return Step(
        index,
        block.where,
        elements(block.symbols, block.where),
        np.array(block.positions).reshape(-1, 3),
        np.array(block.lattice) if block.lattice else np.zeros((3, 3)),
        bool(block.lattice),
        values=values,
    )
