"""A job that was given by the arguments of a Python call: no file, no lines, but the same tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hpcfit.job.locate import KeyPath
from hpcfit.job.source import JobSource, Problem, begins_with, key_name


@dataclass(frozen=True)
class ArgumentSource(JobSource):
    """Tables of a job whose problems name arguments instead of lines.

    Attributes:
        call: what messages begin with, such as "fit()".
        names: for a table or key of a job file, the argument that gives it; of several that fit, the
            longest holds.
        temporary: the run folder goes when the call ends.
    """

    call: str = "fit()"
    names: Mapping[KeyPath, str] = field(default_factory=dict)
    temporary: bool = False

    @property
    def is_file(self) -> bool:
        return False

    @property
    def lasting(self) -> bool:
        return not self.temporary

    @property
    def anew(self) -> str:
        return f"{self.call[:-1]}..., restart=True)"

    @property
    def goes_on_by(self) -> str:
        return "the same call goes on"

    def argument(self, key: KeyPath) -> str:
        """ "parameters.A" for ("potential", 0, "parameters", "A"), as the caller wrote it."""
        for length in range(len(key), 0, -1):
            name = self.names.get(key[:length])
            if name is not None:
                rest = key_name(key[length:])
                joint = "." if name and rest and not rest.startswith("[") else ""
                return f"{name}{joint}{rest}"
        return key_name(key)

    def problem(self, key: KeyPath, sentence: str) -> Problem:
        return Problem(self.line(key), f"{self.call}: {self.argument(key)}{sentence}")

    def placed(self, sentence: str, within: KeyPath = ()) -> Problem:
        keys = [key for key in self.lines if begins_with(sentence, key_name(key))]
        if keys:
            key = max(keys, key=lambda key: len(key_name(key)))
            return self.problem(key, sentence[len(key_name(key)) :])
        return self.problem(within, f": {sentence}") if within else Problem(1, f"{self.call}: {sentence}")


def order_of(tables: Mapping[str, Any]) -> dict[KeyPath, int]:
    """What stands for the line of each key: its place in the tables, from 1."""
    return {key: place for place, key in enumerate(_keys(tables, ()), start=1)}


def _keys(value: Any, key: KeyPath) -> Iterator[KeyPath]:
    if key:
        yield key
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _keys(each, (*key, str(name)))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _keys(each, (*key, index))
