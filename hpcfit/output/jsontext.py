"""JSON as the run folder holds it: valid everywhere, and every float read back is the float written."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def plain(value: object) -> Any:
    """`value` made of what JSON knows: arrays become lists, dataclasses objects, NaN and infinities null."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return str(value)


def one_line(value: object) -> str:
    """Compact JSON without line breaks."""
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False, separators=(", ", ": "))


def pretty(value: object) -> str:
    """Indented JSON that ends with a line break."""
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
