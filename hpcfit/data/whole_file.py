"""Files that are there whole or not at all: written under a temporary name, synced, renamed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hpcfit.errors import DataError


def check_output(output: Path, overwrite: bool) -> None:
    """DataError where `output` cannot be written, or is there already and not to be replaced."""
    if output.is_dir():
        raise DataError(f"{output}: is a folder; give the name of a file to write.")
    if output.exists() and not overwrite:
        raise DataError(f"{output}: exists already; use --force to replace it, or another name.")
    if not output.absolute().parent.is_dir():
        raise DataError(f"{output}: the folder {output.absolute().parent} does not exist; make it first.")


def check_apart(outputs: list[Path], sources: list[Path]) -> None:
    """DataError where an output is a source, or two outputs are one file."""
    taken = {source.resolve(): "is what is read" for source in sources}
    for output in outputs:
        name = output.resolve()
        if name in taken:
            raise DataError(f"{output}: {taken[name]}; give another name to write to.")
        taken[name] = "is written already"


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[str]:
    """A name beside `path` to write to, which on leaving becomes `path`, on disk and complete.

    After an exception `path` is as it was, and nothing is left over; an OSError becomes a DataError.
    """
    name = os.fspath(path)
    temporary = f"{name}.{os.getpid()}.tmp"
    try:
        yield temporary
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, name)
        _sync_folder(os.path.dirname(name) or ".")
    except OSError as error:
        raise DataError(f"{name}: cannot be written ({error}).") from error
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)


def _sync_folder(folder: str) -> None:
    """Make the rename itself durable, where the system allows to open a folder."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        return
    finally:
        os.close(handle)
