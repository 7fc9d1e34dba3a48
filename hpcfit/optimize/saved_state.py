"""States of optimizers as plain numbers and arrays by name, the way checkpoints keep them, and back."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from hpcfit.errors import RunError
from hpcfit.optimize.events import StateDict

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    State = TypeVar("State", bound=DataclassInstance)
else:
    State = TypeVar("State")

_PLAIN = {"int": int, "float": float, "str": str, "bool": bool}


def state_to_dict(state: DataclassInstance) -> StateDict:
    """Copies of all fields of a state by name."""
    values = {each.name: getattr(state, each.name) for each in fields(state)}
    return {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in values.items()}


def state_from_dict(kind: type[State], content: StateDict, optimizer: str) -> State:
    """The state of `state_to_dict`, also after it went through a file.

    Args:
        kind: a dataclass of numbers, texts, truth values and arrays of numbers.
        optimizer: its name in messages.

    Raises:
        RunError: entries are missing or unknown: another version saved it.
    """
    kinds = {each.name: str(each.type) for each in fields(kind)}
    odd = sorted(content.keys() ^ kinds.keys())
    if odd:
        raise RunError(
            f"the state to resume from is not one of this version of {optimizer}: see {odd}. Start the run "
            "anew, with --restart, or go on with the version that began it."
        )
    values: dict[str, Any] = {}
    for name, wanted in kinds.items():
        value: Any = content[name]
        values[name] = _PLAIN[wanted](value) if wanted in _PLAIN else np.array(value, dtype=np.float64)
    return kind(**values)
