"""What is known of a dataset's configurations without reading their atoms."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.block import ConfigurationBlock
from hpcfit.data.columns import check_columns, check_offsets, weight_names
from hpcfit.data.configuration import Floats, cell_volumes
from hpcfit.data.content_hash import selection_hash
from hpcfit.data.elements import SYMBOLS
from hpcfit.data.layout import PROVENANCE
from hpcfit.data.rows import consecutive_runs, read_rows
from hpcfit.data.safe_file import damage_named
from hpcfit.data.text import read_text
from hpcfit.errors import DataError

if TYPE_CHECKING:
    import h5py

Target = Literal["energy", "forces", "stress"]
#: Atoms of one piece when the whole file is gone through.
_PIECE_ATOMS = 200_000


class DatasetHeader(ABC):
    """Arrays per configuration, each read when first asked for and kept."""

    def __init__(self, path: str, file: h5py.File) -> None:
        self.path = path
        self._file = file
        with self._reading():
            self._has = check_columns(path, file)
            self.first_atom: NDArray[np.int64] = file["configurations/first_atom"][:].astype(np.int64)
        check_offsets(path, self.first_atom, len(file["atoms/number"]))

    @abstractmethod
    def read(
        self, first: int | Sequence[int] | NDArray[np.integer[Any]], last: int | None = None
    ) -> ConfigurationBlock:
        """Configurations with their atoms."""

    def _reading(self) -> AbstractContextManager[None]:
        return damage_named(self.path)

    def _text(self, path: str) -> tuple[str, ...]:
        with self._reading():
            return read_text(self._file[path], f"{self.path}: {path}")

    def _column(self, name: str, *shape: int) -> Floats:
        if f"configurations/{name}" not in self._has:
            return np.full((self.n_configurations, *shape), np.nan)
        with self._reading():
            made: Floats = self._file[f"configurations/{name}"][:].astype(np.float64, copy=False)
        return made

    @property
    def n_configurations(self) -> int:
        """Number of configurations, n."""
        return len(self.first_atom) - 1

    def __len__(self) -> int:
        return self.n_configurations

    @property
    def n_atoms(self) -> int:
        """Number of atoms of all configurations, N."""
        return int(self.first_atom[-1])

    @property
    def natoms(self) -> NDArray[np.int64]:
        """Atoms of each configuration (n,)."""
        return np.diff(self.first_atom)

    @cached_property
    def identifiers(self) -> tuple[str, ...]:
        """Identifier of each configuration (n,), all different."""
        names = self._text("configurations/identifier")
        if len(set(names)) < len(names):
            twice = Counter(names).most_common(1)[0][0]
            raise DataError(
                f"{self.path}: identifier {twice!r} occurs more than once; import the data again."
            )
        return names

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """Tag of each configuration (n,), "" for none."""
        if "configurations/tag" not in self._has:
            return ("",) * self.n_configurations
        return self._text("configurations/tag")

    @cached_property
    def cells(self) -> Floats:
        """Lattice vectors as rows (n, 3, 3), angstrom."""
        return self._column("cell", 3, 3)

    @cached_property
    def pbc(self) -> NDArray[np.bool_]:
        """Periodic directions (n, 3)."""
        with self._reading():
            made: NDArray[np.bool_] = self._file["configurations/pbc"][:].astype(bool)
        return made

    @cached_property
    def volumes(self) -> Floats:
        """|det cell| (n,) in angstrom^3; NaN without a cell."""
        return cell_volumes(self.cells)

    @cached_property
    def energies(self) -> Floats:
        """Energy of each configuration (n,) in eV, NaN where none is known."""
        return self._column("energy")

    @cached_property
    def stresses(self) -> Floats:
        """Stress (n, 6) in eV/angstrom^3, NaN where none is known."""
        return self._column("stress", 6)

    @cached_property
    def species(self) -> tuple[str, ...]:
        """Chemical symbols that occur, by atomic number; reads all atomic numbers, a byte per atom."""
        return self.species_of(np.arange(self.n_configurations))

    def species_of(self, indices: NDArray[np.int64]) -> tuple[str, ...]:
        """Chemical symbols that occur in the configurations of ascending `indices`, by atomic number."""
        present = np.zeros(256, dtype=bool)
        for part in np.array_split(indices, 1 + self.n_atoms // (1 << 24)):
            with self._reading():
                rows = self.first_atom[consecutive_runs(part)]
                present[read_rows(self._file["atoms/number"], rows)] = True
        numbers = np.flatnonzero(present)
        if len(numbers) and not 1 <= numbers[0] <= numbers[-1] < len(SYMBOLS):
            raise DataError(f"{self.path}: holds numbers that are no atomic numbers; import the data again.")
        return tuple(SYMBOLS[number] for number in numbers)

    @cached_property
    def has_force(self) -> NDArray[np.bool_]:
        """Which configurations (n,) have forces; reads all forces once, in pieces."""
        if "atoms/force" not in self._has:
            return np.zeros(self.n_configurations, dtype=bool)
        pieces = []
        with self._reading():
            for first, last in self.pieces():
                start, stop = self.first_atom[first], self.first_atom[last]
                force = self._file["atoms/force"][start:stop]
                pieces.append(~np.isnan(force[self.first_atom[first:last] - start, 0]))
        return np.concatenate(pieces) if pieces else np.zeros(0, dtype=bool)

    def targets_present(self) -> dict[Target, int]:
        """How many configurations have each target."""
        return {
            "energy": int(np.count_nonzero(~np.isnan(self.energies))),
            "forces": int(np.count_nonzero(self.has_force)),
            "stress": int(np.count_nonzero(~np.isnan(self.stresses[:, 0]))),
        }

    @property
    def weight_names(self) -> tuple[str, ...]:
        """Names of the weights per configuration in the file."""
        return weight_names(self._file)

    @property
    def content_hash(self) -> str:
        """ "sha256:..." of the content as written in the file; `verify` recomputes it."""
        stored = self._file.attrs.get("content_hash")
        if not isinstance(stored, str):
            raise DataError(f"{self.path}: has no content hash; import the data again.")
        return stored

    def selection_hash(self, indices: NDArray[np.int64]) -> str:
        """ "sha256:..." that changes when the content or the selected `indices` do."""
        return selection_hash(self.content_hash, indices)

    @property
    def provenance(self) -> tuple[dict[str, Any], ...]:
        """The steps that made the file, oldest first."""
        if PROVENANCE not in self._file:
            return ()
        try:
            steps = tuple(json.loads(step) for step in self._text(PROVENANCE))
        except json.JSONDecodeError as error:
            raise DataError(
                f"{self.path}: {PROVENANCE} is not JSON ({error}); import the data again."
            ) from error
        if not all(isinstance(step, dict) for step in steps):
            raise DataError(f"{self.path}: {PROVENANCE} are not JSON objects; import the data again.")
        return steps

    def pieces(self, atoms: int = _PIECE_ATOMS) -> Iterator[tuple[int, int]]:
        """Runs [first, last) of configurations that cover the dataset, each of about `atoms` atoms."""
        first = 0
        while first < len(self):
            last = int(np.searchsorted(self.first_atom, self.first_atom[first] + atoms, side="right")) - 1
            last = max(first + 1, last)
            yield first, last
            first = last
