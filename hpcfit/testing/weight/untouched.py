"""Promise: a weight scheme leaves the configuration as it is."""

from __future__ import annotations

from hpcfit.data import Configuration
from hpcfit.testing.configurations import changed_field
from hpcfit.testing.conformance_error import ConformanceError


def check_untouched(name: str, before: Configuration, after: Configuration) -> None:
    """Compare a configuration with its copy from before the scheme was asked.

    Raises:
        ConformanceError: naming the field that was changed.
    """
    field = changed_field(before, after)
    if field is not None:
        raise ConformanceError(
            f"{name}, configuration {before.identifier!r}: it changes the configuration's {field}; the fit "
            "would go on with the changed one. Work on a copy."
        )
