"""Promise: of a file that ends too early, what is not there is told in a DataError."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hpcfit.data import Configuration, Reader, ReadOptions, ReadReport, Source, check_configuration
from hpcfit.errors import DataError
from hpcfit.suggest import counted
from hpcfit.testing.conformance_error import ConformanceError

#: parts of the file after which it ends
_PARTS = (0.02, 0.1, 0.25, 0.4, 0.5, 0.65, 0.8, 0.9, 0.97, 0.995)


def check_truncated(reader: Reader, path: Path, options: ReadOptions, whole: Sequence[Configuration]) -> None:
    """Cut the file at several places, and read what is left.

    Each time either the whole configurations before the cut come out, or a DataError does.

    Raises:
        ConformanceError: another exception, or a configuration that is not one of the whole file's.
    """
    content = path.read_bytes()
    known = {each.identifier: each.natoms for each in whole}
    with tempfile.TemporaryDirectory() as folder:
        cut = Path(folder) / path.name
        for part in _PARTS:
            size = max(1, int(part * len(content)))
            cut.write_bytes(content[:size])
            _check_cut(reader, cut, options, known, f"cut after {size} of {len(content)} bytes")


def _check_cut(reader: Reader, cut: Path, options: ReadOptions, known: dict[str, int], how: str) -> None:
    where = f"reader {reader.name}, {cut.name} {how}"
    try:
        for each in reader.read(Source(cut, "checked", "tagged"), options, ReadReport()):
            check_configuration(each)
            if known.get(each.identifier) != each.natoms:
                raise ConformanceError(
                    f"{where}: it yields a configuration {each.identifier!r} of "
                    f"{counted(each.natoms, 'atom')}, which the whole file does not hold; raise a DataError "
                    "that names file and line."
                )
    except (DataError, ConformanceError) as error:
        if isinstance(error, ConformanceError):
            raise
    except Exception as error:
        raise ConformanceError(
            f"{where}: it raised {type(error).__name__}: {error}; a DataError that names file and line is "
            "expected."
        ) from error
