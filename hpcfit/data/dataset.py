"""The native dataset, for reading: headers whole and cheap, atoms only where asked for."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from types import TracebackType
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from hpcfit.data.block import ConfigurationBlock
from hpcfit.data.columns import hashed_arrays
from hpcfit.data.configuration import Configuration, Floats
from hpcfit.data.content_hash import content_hash
from hpcfit.data.header import DatasetHeader
from hpcfit.data.layout import WEIGHTS
from hpcfit.data.rows import consecutive_runs, read_rows
from hpcfit.data.safe_file import open_untrusted
from hpcfit.data.tables import Table, read_table, table_names
from hpcfit.errors import DataError


@final
class Dataset(DatasetHeader):
    """An open dataset file. Use as `with Dataset.open(path) as dataset:`.

    Header arrays (per configuration) are read when first asked for and kept; arrays per atom
    are read by `read`, only the rows asked for. Every read raises DataError, with the file
    and what to do, when the data are damaged or impossible.
    """

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Dataset:
        """Open a dataset; DataError for a file that is missing, foreign, damaged, newer or unsafe."""
        file = open_untrusted(path)
        try:
            return cls(os.fspath(path), file)
        except BaseException:
            file.close()
            raise

    def close(self) -> None:
        """Close the file; header arrays already read stay usable."""
        self._file.close()

    def __enter__(self) -> Dataset:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(
        self, first: int | Sequence[int] | NDArray[np.integer[Any]], last: int | None = None
    ) -> ConfigurationBlock:
        """The configurations [first, last), or those of ascending indices `first`, as one block.

        Only their rows are read. Raises DataError naming the first configuration that has
        impossible values, IndexError for a range outside the dataset.
        """
        indices = np.asarray(first, dtype=np.int64).reshape(-1)
        if last is not None:
            indices = np.arange(indices[0], last, dtype=np.int64)
        if len(indices) and (indices[0] < 0 or indices[-1] >= len(self) or np.any(np.diff(indices) <= 0)):
            raise IndexError(f"{self.path}: indices must ascend within 0..{len(self) - 1}.")
        runs = consecutive_runs(indices)
        with self._reading():
            block = self._block(runs, self.first_atom[runs], np.append(0, np.cumsum(self.natoms[indices])))
        block.check(self.path)
        return block

    def _block(
        self, runs: NDArray[np.int64], atoms: NDArray[np.int64], first_atom: NDArray[np.int64]
    ) -> ConfigurationBlock:
        def rows(path: str, ranges: NDArray[np.int64]) -> NDArray[Any] | None:
            return read_rows(self._file[path], ranges) if path in self._has else None

        def floats(path: str, ranges: NDArray[np.int64], *shape: int) -> Floats:
            found = rows(path, ranges)
            count = int(np.sum(ranges[:, 1] - ranges[:, 0]))
            return np.full((count, *shape), np.nan) if found is None else found.astype(np.float64, copy=False)

        number = rows("atoms/number", atoms)
        weight = {name: floats(f"{WEIGHTS}/{name}", runs) for name in self.weight_names}
        return ConfigurationBlock(
            identifier=tuple(name for a, b in runs for name in self.identifiers[a:b]),
            first_atom=first_atom.astype(np.int64),
            number=np.zeros(0, dtype=np.uint8) if number is None else number,
            position=floats("atoms/position", atoms, 3),
            cell=floats("configurations/cell", runs, 3, 3),
            pbc=np.concatenate([self.pbc[a:b] for a, b in runs] or [self.pbc[:0]]),
            energy=floats("configurations/energy", runs),
            force=floats("atoms/force", atoms, 3),
            stress=floats("configurations/stress", runs, 6),
            tag=tuple(tag for a, b in runs for tag in self.tags[a:b]),
            weight=weight,
            atom_weight=floats("atoms/weight", atoms) if "atoms/weight" in self._has else None,
        )

    def __iter__(self) -> Iterator[Configuration]:
        for first, last in self.pieces():
            yield from self.read(first, last)

    @property
    def table_names(self) -> tuple[str, ...]:
        """Names of the tables in the file."""
        return table_names(self._file)

    def table(self, name: str, columns: Collection[str] | None = None) -> Table:
        """The table `name`, or some of its columns; DataError when one is not there."""
        with self._reading():
            return read_table(self.path, self._file, name, columns)

    def verify(self) -> None:
        """Read everything; DataError when it cannot be, or is not what was written (content hash)."""
        for first, last in self.pieces():
            self.read(first, last)
        with self._reading():
            found = content_hash(hashed_arrays(self._file))
        if found != self.content_hash:
            raise DataError(
                f"{self.path}: its content is not what was written (content hash differs); import it again."
            )
