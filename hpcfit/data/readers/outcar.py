"""Reader of VASP's OUTCAR: all ionic steps, for runs whose vasprun.xml is gone.

Energies have the names that vasprun.xml gives them (TOTEN is e_fr_energy), and e_fr_energy is taken
for the same reason. Positions have five digits after the point, forces six.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, final

from hpcfit.data.configuration import Configuration, Floats
from hpcfit.data.readers.reader import Quantity, Reader, ReadOptions, ReadReport, Source
from hpcfit.data.readers.step import (
    CUT_OFF,
    FROM_XY_YZ_ZX,
    UNCONVERGED,
    Step,
    elements,
    scalar,
)
from hpcfit.data.readers.text_file import CutOffError, Lines, floats, head, whole_number, words_of
from hpcfit.errors import DataError
from hpcfit.units import STRESS

_VERSION = re.compile(r"\s*vasp\.\d")
_ELEMENT = re.compile(r"VRHFIN\s*=\s*([A-Za-z]+)")
_POTENTIAL = re.compile(r"^ POTCAR:\s+\S+\s+([A-Za-z]+)")
_MOST = re.compile(r"\bNELM\s*=\s*(\d+)")
_ITERATION = re.compile(r"Iteration\s+(\d+)\s*\(\s*(\d+)\s*\)")


@dataclass
class _Run:
    """What the file said so far, and the step that it is in."""

    symbols: list[str] = field(default_factory=list)
    potentials: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    most_iterations: int | None = None
    steps: int = 0
    begun: int = 0
    iterations: int = 0
    converged: bool = False
    cell: Floats | None = None
    stress: Floats | None = None
    positions: Floats | None = None
    forces: Floats | None = None


@final
class OutcarReader(Reader):
    """OUTCAR, also gzip'd."""

    name = "outcar"
    formats = "VASP OUTCAR (also .gz)"
    fixed_units = True
    takes: ClassVar[frozenset[str]] = frozenset({"keep_unconverged"})

    def sniff(self, path: Path) -> bool:
        return _VERSION.match(head(path, 256)) is not None

    def better(self, path: Path) -> Path | None:
        if not path.name.startswith("OUTCAR"):
            return None
        name = "vasprun.xml"
        found = (path.with_name(name + end) for end in (path.name.removeprefix("OUTCAR"), "", ".gz"))
        return next((each for each in found if each.exists()), None)

    def read(self, source: Source, options: ReadOptions, report: ReadReport) -> Iterator[Configuration]:
        run = _Run()
        with Lines(source.path) as lines:
            try:
                for line in lines:
                    if "FREE ENERGIE OF THE ION-ELECTRON SYSTEM" in line:
                        where = f"{lines.where}: ionic step {run.steps + 1}"
                        energies = {} if "energy" in options.leave_out else _energies(lines, where)
                        step = _step(run, energies, options, where)
                        _next_step(run)
                        if step is None:
                            report.skip(f"{source.path}: ionic step {run.steps}", UNCONVERGED)
                        else:
                            yield step.configuration(source, options, report)
                    else:
                        _line(line, lines, run, options)
            except CutOffError:
                run.begun = max(run.begun, run.steps + 1)
        if run.begun > run.steps:
            report.skip(f"{source.path}: ionic step {run.begun}", CUT_OFF)


def _line(line: str, lines: Lines, run: _Run, options: ReadOptions) -> None:
    """Note what `line`, and those after it, say."""
    if "Iteration" in line and (found := _ITERATION.search(line)):
        run.begun, run.iterations = int(found[1]), int(found[2])
    elif "EDIFF is reached" in line:
        run.converged = True
    elif "direct lattice vectors" in line:
        run.cell = lines.vectors(3, slice(3), "the cell", width=3)
    elif "in kB" in line and "stress" not in options.leave_out:
        values = floats(words_of(line)[2:], lines.where, "stress in kB", 6)
        # Compression positive, xx yy zz xy yz zx; ours, ASE's, has tension positive.
        run.stress = -STRESS["kbar"] * values[FROM_XY_YZ_ZX]
    elif "POSITION" in line and "TOTAL-FORCE" in line:
        _atoms(lines, run, options)
    elif "VRHFIN" in line and (found := _ELEMENT.search(line)):
        run.symbols.append(found[1])
    elif "POTCAR:" in line and (found := _POTENTIAL.match(line)):
        run.potentials.append(found[1])
    elif "ions per type" in line:
        _kinds(line, lines.where, run)
    elif "NELM" in line and (found := _MOST.search(line)):
        run.most_iterations = int(found[1])


def _kinds(line: str, where: str, run: _Run) -> None:
    counts = [whole_number(word, where, "ions per type") for word in line.split("=")[-1].split()]
    # The potentials are listed twice; their own lines VRHFIN once, but some versions leave them out.
    kinds = run.symbols or run.potentials[: (len(run.potentials) + 1) // 2]
    if len(counts) != len(kinds):
        raise DataError(
            f"{where}: {len(counts)} kinds of ions, but the potentials above (VRHFIN, POTCAR) are of "
            f"{len(kinds)}: {' '.join(kinds) or 'none'}."
        )
    symbols = [symbol for symbol, count in zip(kinds, counts, strict=True) for _ in range(count)]
    run.numbers = elements(symbols, where)


def _atoms(lines: Lines, run: _Run, options: ReadOptions) -> None:
    where = lines.where
    if not run.numbers:
        raise DataError(f"{where}: the kinds of ions (VRHFIN, ions per type) are missing before this line.")
    lines.take()
    kept = slice(3) if "forces" in options.leave_out else slice(6)
    rows = lines.vectors(len(run.numbers), kept, "positions and forces", width=6)
    run.positions, run.forces = rows[:, :3], rows[:, 3:]
    if not lines.take().strip().startswith("---"):
        raise DataError(
            f"{lines.where}: more atoms than the {len(run.numbers)} that 'ions per type' announce."
        )


def _energies(lines: Lines, where: str) -> dict[str, Floats]:
    """The energies of the block that follows FREE ENERGIE."""
    values: dict[str, Floats] = {}
    for _ in range(8):
        line = lines.take()
        words = words_of(line.replace("=", " = "))
        if "TOTEN" in words and "e_fr_energy" not in values:
            values["e_fr_energy"] = scalar(_after("TOTEN", words, lines.where))
        elif "entropy" in words:
            values["e_wo_entrp"] = scalar(_after("entropy", words, lines.where))
            values["e_0_energy"] = scalar(_after("energy(sigma->0)", words, lines.where))
            return values
    raise DataError(f"{where}: no energies (TOTEN, energy without entropy) follow.")


def _after(name: str, words: list[str], where: str) -> float:
    """The number after `name =` among words."""
    if name not in words:
        raise DataError(f"{where}: {name} is missing.")
    return float(floats(words[words.index(name) + 2 :], where, name, 1)[0])


def _step(run: _Run, energies: dict[str, Floats], options: ReadOptions, where: str) -> Step | None:
    """The step that ends here; None when it did not converge and is not wanted."""
    exhausted = run.most_iterations is not None and run.iterations >= run.most_iterations
    if exhausted and not run.converged and not options.keep_unconverged:
        return None
    if run.cell is None or run.positions is None or run.forces is None:
        missing = "cell" if run.cell is None else "positions"
        raise DataError(f"{where}: ends without the {missing} before it.")
    values: dict[Quantity, dict[str, Floats]] = {
        "energy": energies,
        "forces": {"forces": run.forces} if run.forces.size else {},
        "stress": {} if run.stress is None else {"stress": run.stress},
    }
    return Step(
        run.steps,
        where,
        run.numbers,
        run.positions,
        run.cell,
        values=values,
        defaults={"energy": "e_fr_energy"},
    )


def _next_step(run: _Run) -> None:
    run.steps += 1
    run.converged = False
    run.positions = run.forces = run.stress = None
