"""check_reader: all that a reader of a data format promises, on a file of that format."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hpcfit.data import ReadOptions
from hpcfit.testing.reader.contents import check_contents
from hpcfit.testing.reader.declared import check_declared
from hpcfit.testing.reader.leaving_out import check_leaving_out
from hpcfit.testing.reader.reading import read
from hpcfit.testing.reader.repeatable import check_same
from hpcfit.testing.reader.sniffing import check_sniffing
from hpcfit.testing.reader.truncated import check_truncated
from hpcfit.testing.registered import registered

__all__ = ["check_reader"]


def check_reader(
    reader: Any,
    path: str | os.PathLike[str],
    options: ReadOptions | None = None,
    *,
    truncated: bool = True,
) -> None:
    """Check what `hpcfit import` expects of a reader.

    It knows its own file and no other; configurations are valid and have identifiers of their own; the
    report counts what was found; reading twice gives the same; what is left out is not read; a file that
    ends too early gives whole configurations or a DataError, never another exception; its units are known.

    Args:
        reader: an instance, or the name of a registered one.
        path: a file of its format; best one with several configurations, energy, forces and stress.
        options: what a user would choose to read this file.
        truncated: False for formats that are one compressed or checked whole.

    Raises:
        ConformanceError: what is wrong, and where.
    """
    made = check_declared(registered("readers", reader))
    file, chosen = Path(path), options or ReadOptions()
    check_sniffing(made, file)
    first, report = read(made, file, chosen)
    check_contents(made, file, first, report)
    check_same(made, file, first, read(made, file, chosen)[0])
    check_leaving_out(made, file, chosen)
    if truncated:
        check_truncated(made, file, chosen, first)
