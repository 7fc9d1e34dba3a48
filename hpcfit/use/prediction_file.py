"""Files of predictions: extended XYZ, written as they come, or a dataset."""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hpcfit.data import Configuration, ConfigurationBlock, write_dataset
from hpcfit.data.extxyz_frame import extxyz_frame
from hpcfit.errors import RunError
from hpcfit.output.atomic import atomic_file
from hpcfit.use.evaluation import split_rows

FloatArray = NDArray[np.float64]


class PredictionFile(ABC):
    """A file of predictions: `make` on every rank, `take` in order and `finish` on rank 0.

    The file is there when `finish` has returned, whole or not at all.
    """

    @abstractmethod
    def make(self, block: ConfigurationBlock, rows: FloatArray, offsets: NDArray[np.int64]) -> Any:
        """What rank 0 needs of some configurations and their predictions."""

    @abstractmethod
    def take(self, made: Any) -> None:
        """Write, or keep, what `make` has made."""

    @abstractmethod
    def finish(self, provenance: Sequence[Mapping[str, Any]]) -> None:
        """Complete the file; `provenance` says what it was made from."""

    def give_up(self) -> None:
        """Leave nothing behind; called at the end in any case."""
        return


@final
class FrameFile(PredictionFile):
    """Extended XYZ: predictions as energy, forces and stress, references and errors under other keys."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open = ExitStack()
        self._file: BinaryIO | None = None

    def make(self, block: ConfigurationBlock, rows: FloatArray, offsets: NDArray[np.int64]) -> bytes:
        return "".join(_frames(block, rows, offsets)).encode()

    def take(self, made: bytes) -> None:
        with _written(self._path):
            if self._file is None:
                self._file = self._open.enter_context(atomic_file(self._path))
            self._file.write(made)

    def finish(self, provenance: Sequence[Mapping[str, Any]]) -> None:
        with _written(self._path):
            self._open.close()

    def give_up(self) -> None:
        # A file that is complete is closed already, and this does nothing.
        self._open.__exit__(_GivenUp, _GivenUp(), None)


class _GivenUp(Exception):
    """Thrown into the file that is being written, so that it is removed."""


@final
class DatasetFile(PredictionFile):
    """A dataset whose energies, forces and stresses are the predictions; rank 0 holds it all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._configurations: list[Configuration] = []

    def make(
        self, block: ConfigurationBlock, rows: FloatArray, offsets: NDArray[np.int64]
    ) -> list[Configuration]:
        return list(_predicted(block, rows, offsets))

    def take(self, made: list[Configuration]) -> None:
        self._configurations += made

    def finish(self, provenance: Sequence[Mapping[str, Any]]) -> None:
        with _written(self._path):
            write_dataset(self._path, self._configurations, provenance)


#: what makes the file of each ending
KINDS: Mapping[str, Callable[[Path], PredictionFile]] = {
    ".extxyz": FrameFile,
    ".xyz": FrameFile,
    ".h5": DatasetFile,
    ".hdf5": DatasetFile,
}


def prediction_file(path: Path, sources: Sequence[Path], overwrite: bool) -> PredictionFile:
    """The file of predictions whose kind the ending of `path` says.

    Raises:
        RunError: a file that cannot be written, is there already, or is one of the `sources`.
    """
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise RunError(
            f"{path}: predictions are written as extended XYZ (.extxyz, .xyz) or as a dataset (.h5); give a "
            "name that ends so."
        )
    check_output(path, sources, overwrite)
    return kind(path)


def check_output(path: Path, sources: Sequence[Path], overwrite: bool) -> None:
    """Whether a file can be written that is made from `sources`.

    Raises:
        RunError: it cannot, is there already, or is one of the `sources`.
    """
    folder = path.absolute().parent
    if path.is_dir():
        raise RunError(f"{path}: is a folder; give the name of a file to write.")
    if any(path.exists() and source.exists() and path.samefile(source) for source in sources):
        raise RunError(f"{path}: is what the predictions are made from; give another name.")
    if path.exists() and not overwrite:
        raise RunError(f"{path}: exists already; use --force to replace it, or another name.")
    if not folder.is_dir():
        raise RunError(f"{path}: the folder {folder} does not exist; make it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _cannot_write(path, os.strerror(errno.EACCES))


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _cannot_write(path, error.strerror or str(error)) from error


def _cannot_write(path: Path, reason: str) -> RunError:
    return RunError(f"{path}: cannot be written ({reason}). Make room, or give another place.")


def _predicted(
    block: ConfigurationBlock, rows: FloatArray, offsets: NDArray[np.int64]
) -> Iterator[Configuration]:
    """The configurations with predictions in place of references."""
    energy, forces, stress = split_rows(rows, offsets)
    for index, configuration in enumerate(block):
        has_volume = np.isfinite(stress[index]).all()
        yield replace(
            configuration,
            energy=float(energy[index]),
            forces=forces[index],
            stress=stress[index] if has_volume else None,
        )


def _frames(block: ConfigurationBlock, rows: FloatArray, offsets: NDArray[np.int64]) -> Iterator[str]:
    for index, made in enumerate(_predicted(block, rows, offsets)):
        reference = block.configuration(index)
        info: dict[str, ArrayLike] = {}
        arrays: dict[str, ArrayLike] = {}
        if reference.energy is not None and made.energy is not None:
            info["reference_energy"] = reference.energy
            info["error_energy_per_atom"] = (made.energy - reference.energy) / made.natoms
        if reference.stress is not None and made.stress is not None:
            info["reference_stress"] = reference.stress
            info["error_stress"] = made.stress - reference.stress
        if reference.forces is not None and made.forces is not None:
            arrays["reference_forces"] = reference.forces
            arrays["error_forces"] = made.forces - reference.forces
        yield extxyz_frame(made, info, arrays)
