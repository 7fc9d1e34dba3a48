"""What a key of a job means where it is not given."""

from __future__ import annotations

from functools import cache
from typing import Any

from hpcfit.job.schema import SECTIONS


@cache
def default_values() -> dict[str, Any]:
    """The defaults of the tables' own keys, by dotted name; not of those that mean nothing when left out."""
    return {
        f"{table}.{key}": field.default
        for table, model in SECTIONS.items()
        for key, field in model.model_fields.items()
        if isinstance(field.default, bool | int | float | str)
    }
