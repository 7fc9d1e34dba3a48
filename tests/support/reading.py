"""Reading one file with one reader, for tests of readers."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpcfit.data import Configuration, Reader, ReadOptions, ReadReport, Source
from hpcfit.errors import DataError

FILES = Path(__file__).parents[1] / "unit" / "data" / "files"


def read(
    reader: Reader, path: Path, options: ReadOptions | None = None
) -> tuple[list[Configuration], ReadReport]:
    """The configurations of a file that the reader recognises, and its report."""
    assert reader.sniff(path)
    report = ReadReport()
    return list(reader.read(Source(path, path.name, "tag"), options or ReadOptions(), report)), report


def edited(folder: Path, name: str, *edits: tuple[str, str]) -> Path:
    """A copy of FILES/name in `folder`, each (old, new) text replaced in it once."""
    text = (FILES / name).read_text()
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / name
    path.write_text(text)
    return path


def message(reader: Reader, path: Path, options: ReadOptions | None = None) -> str:
    """What is said of a file that cannot be read, without its folder."""
    with pytest.raises(DataError) as caught:
        read(reader, path, options)
    return str(caught.value).replace(f"{path.parent}/", "")
