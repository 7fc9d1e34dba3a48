"""spread.json: which rank had which chunks, of a run whose ranks are not alike.

A chunk has other last digits on a GPU than on a processor, so a run that goes on needs the same spread.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from hpcfit.output.atomic import write_atomically
from hpcfit.output.jsontext import pretty


@dataclass(frozen=True)
class SpreadRecord:
    """Of one run.

    Attributes:
        devices: what each rank computed on, by name.
        ranges: of each group of ranks, the first chunk of each of its ranks, and the end.
    """

    devices: list[str]
    ranges: list[list[int]]

    def save(self, path: Path) -> None:
        """Write spread.json, whole or not at all."""
        write_atomically(path, pretty(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> SpreadRecord | None:
        """What an earlier part of the run wrote; None where there is nothing that can be read."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def holds_for(self, devices: Sequence[str], groups: int) -> bool:
        """Whether ranks and devices are those of the record."""
        return list(devices) == self.devices and groups == len(self.ranges)
