"""Promise: a quantity that the user leaves out is not read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hpcfit.data import QUANTITIES, Reader, ReadOptions
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.reader.reading import read


def check_leaving_out(reader: Reader, path: Path, options: ReadOptions) -> None:
    """Read without each of energy, forces and stress.

    Raises:
        ConformanceError: a configuration has a quantity that was to be left out.
    """
    for quantity in QUANTITIES:
        found, _ = read(reader, path, replace(options, leave_out=frozenset({quantity})))
        for each in found:
            if getattr(each, quantity) is not None:
                raise ConformanceError(
                    f"reader {reader.name}, {path}: configuration {each.identifier!r} has {quantity} though "
                    f"options.leave_out holds it (--no-{quantity})."
                )
