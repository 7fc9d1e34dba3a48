"""events.jsonl: one JSON object a line for every event of the optimizer.

Everything outside the field `clock` is the same on every run and any number of ranks; `clock` holds the
time of day and the seconds since the run began.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hpcfit.output.atomic import write_atomically
from hpcfit.output.jsontext import one_line, plain


class EventLog:
    """Appends events; each is in the file before the next iteration begins.

    Args:
        path: the events file. Opening it anew empties it unless `keep` is given.
        keep: continue after the events of iteration `keep`; later ones, and a torn last line, are
            dropped, so that the file becomes what it would be had the run never been interrupted.
        elapsed: seconds of the run before this process.
    """

    def __init__(self, path: Path, keep: int | None = None, elapsed: float = 0.0) -> None:
        self._begin = time.monotonic() - elapsed
        kept = [] if keep is None else [line for line, event in _complete(path) if event["iteration"] <= keep]
        write_atomically(path, b"".join(kept))
        self._file = open(path, "ab")  # noqa: SIM115 - closed by close()

    def append(self, event: object) -> None:
        """Write one event: a dataclass or mapping with a field `iteration`."""
        fields: Mapping[str, Any] = plain(event)
        clock = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "seconds": round(time.monotonic() - self._begin, 6),
        }
        self._file.write((one_line({**fields, "clock": clock}) + "\n").encode())
        self._file.flush()

    @property
    def seconds(self) -> float:
        """Seconds since the run began, interruptions left out."""
        return time.monotonic() - self._begin

    def close(self) -> None:
        """Put the file on disk and close it."""
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_events(path: Path) -> list[dict[str, Any]]:
    """All complete events of a file; empty when there is none. A torn last line is left out."""
    return [event for _, event in _complete(path)]


def without_clock(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The part of the events that two runs of one job have in common, bit by bit."""
    return [{key: value for key, value in event.items() if key != "clock"} for event in events]


def _complete(path: Path) -> list[tuple[bytes, dict[str, Any]]]:
    """Lines with their events, up to the first that is not whole."""
    found: list[tuple[bytes, dict[str, Any]]] = []
    if not path.exists():
        return found
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            event = json.loads(line)
        except ValueError:
            break
        if not line.endswith(b"\n") or not isinstance(event, dict) or "iteration" not in event:
            break
        found.append((line, event))
    return found
