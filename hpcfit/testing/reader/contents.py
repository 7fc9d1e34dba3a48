"""Promise: what is read is valid, has names of its own, and says where its references came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hpcfit.data import QUANTITIES, Configuration, Reader, ReadReport, check_configuration
from hpcfit.errors import DataError
from hpcfit.testing.conformance_error import ConformanceError


def check_contents(
    reader: Reader, path: Path, configurations: Sequence[Configuration], report: ReadReport
) -> None:
    """Look at all configurations of a file.

    Raises:
        ConformanceError: there are none, one breaks the dataset's rules, two have one identifier, or the
            report does not count every quantity that is there.
    """
    where = f"reader {reader.name}, {path}"
    if not configurations:
        raise ConformanceError(f"{where}: no configuration is read.")
    for each in configurations:
        try:
            check_configuration(each)
        except DataError as error:
            raise ConformanceError(f"{where}: {error}") from error
    (identifier, count), *_ = Counter(each.identifier for each in configurations).most_common(1)
    if count > 1:
        raise ConformanceError(f"{where}: {count} configurations have the identifier {identifier!r}.")
    for quantity in QUANTITIES:
        there = sum(getattr(each, quantity) is not None for each in configurations)
        told = sum(n for (name, _), n in report.keys.items() if name == quantity)
        if told != there:
            raise ConformanceError(
                f"{where}: {there} of {len(configurations)} configurations have {quantity}, but "
                f"report.found({quantity!r}, ...) was called {told} times; it tells the user where each "
                "came from."
            )
