"""What a reader of a data format is: built-in ones and those of plugins have this shape.

A reader of a format "lines" whose files hold one configuration each::

    class LinesReader(Reader):
        name = "lines"
        formats = "one configuration a file, one atom a line"

        def sniff(self, path):
            return path.suffix == ".lines"

        def read(self, source, options, report):
            numbers, positions, energy = parse(source.path)
            report.found("energy", "first line")
            yield configuration(source.identifier(0), numbers, positions, energy=energy, tag=source.tag)

A plugin registers it through the hook `hpcfit_readers`, as {"lines": LinesReader()}.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from hpcfit.data.configuration import Configuration

Quantity = Literal["energy", "forces", "stress"]
QUANTITIES: tuple[Quantity, ...] = ("energy", "forces", "stress")


@dataclass(frozen=True)
class Source:
    """One file to read; `label` begins the identifiers of configurations that have no name of
    their own, `tag` is for those that have none."""

    path: Path
    label: str
    tag: str = ""

    def identifier(self, index: int) -> str:
        """Identifier of the file's configuration number `index` (from 0) when it has no name."""
        return f"{self.label}#{index}"


@dataclass(frozen=True)
class ReadOptions:
    """What the user chose. A key names the source's own entry for a quantity, None leaves the
    choice to the reader; quantities in `leave_out` are not read. units_chosen says
    that the user named the units of the sources.

    The last ones are for the readers that name them in `takes`: format is the name of the files'
    format, when it is not to be recognised; energies a table of energies by step; types the elements
    of atom types 1, 2, ...; cell (3, 3) in the unit of the positions, zeros for none, for files that
    name none; keep_unconverged reads steps whose electronic loop did not converge.
    """

    energy_key: str | None = None
    forces_key: str | None = None
    stress_key: str | None = None
    leave_out: frozenset[Quantity] = frozenset()
    units_chosen: bool = False
    format: str | None = None
    energies: Path | None = None
    types: tuple[str, ...] = ()
    cell: tuple[tuple[float, float, float], ...] | None = None
    keep_unconverged: bool = False

    def key(self, quantity: Quantity) -> str | None:
        """The key chosen for `quantity`."""
        chosen: str | None = getattr(self, f"{quantity}_key")
        return chosen


@dataclass
class ReadReport:
    """What readers found, for the user to see and for the provenance.

    keys counts configurations by quantity and the key its value came from; seen counts all keys
    that a quantity could have been chosen from; skipped holds (path, reason); notes counts remarks;
    also_read holds the files that were read besides the sources; stated_units what sources say of
    their units, such as ("energy_unit", "Ha").
    """

    keys: Counter[tuple[Quantity, str]] = field(default_factory=Counter)
    seen: Counter[tuple[Quantity, str]] = field(default_factory=Counter)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    also_read: list[Path] = field(default_factory=list)
    stated_units: set[tuple[str, str]] = field(default_factory=set)

    def found(self, quantity: Quantity, key: str) -> None:
        """Count a configuration whose `quantity` came from `key`."""
        self.keys[quantity, key] += 1

    def skip(self, path: str, reason: str) -> None:
        """Record a file, or a step of one, that was not read."""
        self.skipped.append((path, reason))

    def note(self, text: str) -> None:
        """Count a remark, a sentence without the configuration's name."""
        self.notes[text] += 1


class Reader(ABC):
    """Turns files of one format into configurations."""

    name: ClassVar[str]
    #: One line: which files these are.
    formats: ClassVar[str]
    #: Units of what `read` yields: energies; positions and cells. Forces are energy/length, stress
    #: energy/length^3. The import converts to eV and angstrom; users can say otherwise...
    energy_unit: ClassVar[str] = "eV"
    length_unit: ClassVar[str] = "angstrom"
    #: ... unless the format itself, or `read`, settles the units.
    fixed_units: ClassVar[bool] = False
    #: The fields of ReadOptions beyond the common ones that `read` heeds.
    takes: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def sniff(self, path: Path) -> bool:
        """Whether the existing file `path` is of this format; looks at no more than its beginning."""

    @abstractmethod
    def read(self, source: Source, options: ReadOptions, report: ReadReport) -> Iterator[Configuration]:
        """The configurations of `source` in their order; tells `report` which keys were used.

        Identifiers are the file's own names or `source.identifier(index)`. Raises DataError naming
        file and line (or entry) for what cannot be read, and for choices that the user has to make.
        """

    def leader(self, path: Path) -> Path | None:
        """The file that `path`, of this format, is read together with; None when it is read by itself."""
        return None

    def better(self, path: Path) -> Path | None:
        """A file beside `path` that tells the same more precisely: of a folder, only that one is read."""
        return None
