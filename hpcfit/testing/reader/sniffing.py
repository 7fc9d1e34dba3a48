"""Promise: a reader knows its own files, and no others."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hpcfit.data import Reader
from hpcfit.testing.conformance_error import ConformanceError

#: files that are of no format: what is in them, and what they are called in messages
_OTHERS = {
    "a text": b"Lorem ipsum dolor sit amet,\nconsectetur adipiscing elit.\n",
    "an empty file": b"",
    "a binary file": bytes(range(256)) * 40,
    "a table of numbers": b"1.0 2.0 3.0\n4.0 5.0 6.0\n",
}


def check_sniffing(reader: Reader, path: Path) -> None:
    """Ask about its own file, and about others of the same and of another name.

    Raises:
        ConformanceError: a wrong answer, one that is no bool, or an exception.
    """
    if _sniff(reader, path, "its own file") is not True:
        raise ConformanceError(f"reader {reader.name}: sniff says that {path} is not of its format.")
    with tempfile.TemporaryDirectory() as folder:
        for what, content in _OTHERS.items():
            for name in ("other.txt", path.name):
                other = Path(folder) / name
                other.write_bytes(content)
                found = _sniff(reader, other, what)
                # By its name alone, a file of the reader's own suffix may well be taken for one.
                if found and name != path.name:
                    raise ConformanceError(
                        f"reader {reader.name}: sniff says that {what} named {name} is of its format; "
                        "`hpcfit import` would read foreign files of a folder with it."
                    )


def _sniff(reader: Reader, path: Path, what: str) -> bool:
    try:
        found = reader.sniff(path)
    except Exception as error:
        raise ConformanceError(
            f"reader {reader.name}: sniff raised {type(error).__name__} on {what} ({path.name}): {error}; it "
            "must answer True or False for every file."
        ) from error
    if not isinstance(found, bool):
        raise ConformanceError(
            f"reader {reader.name}: sniff returned {found!r:.60} for {path.name}, not True or False."
        )
    return found
