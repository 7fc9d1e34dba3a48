"""What a run says while it runs: log.txt with times, plain lines in a batch, one live line on a terminal.

Only rank 0 has a log; what other ranks have to say reaches it through rank 0.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

from hpcfit.output.jsontext import plain

if TYPE_CHECKING:
    from rich.status import Status


class RunLog:
    """Writes every message to log.txt and to the screen.

    Args:
        path: the log; appended to, so that a resumed run's log has both parts. None: screen only.
        stream: where the screen is.
        live: redraw one line per iteration in place; by default when `stream` is a terminal.
    """

    def __init__(self, path: Path | None, stream: TextIO | None = None, live: bool | None = None) -> None:
        self._stream = sys.stdout if stream is None else stream
        self._live = self._stream.isatty() if live is None else live
        self._status: Status | None = None
        self._file = None if path is None else open(path, "a", encoding="utf-8")  # noqa: SIM115 - close()

    def say(self, text: str) -> None:
        """A message of one or more lines for screen and log."""
        self._write(text)
        self._print(text)

    def note(self, text: str) -> None:
        """A message for the log alone."""
        self._write(text)

    def iteration(self, event: object) -> None:
        """One iteration: a line in the log; on the screen a flushed line, or the live line redrawn."""
        line = iteration_line(plain(event))
        self._write(line)
        if not self._live:
            self._print(line)
        elif self._status is None:
            self._status = self._start(line)
        else:
            self._status.update(line)

    def end_iterations(self) -> None:
        """Take the live line off the screen, before a summary."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def close(self) -> None:
        self.end_iterations()
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, line: str) -> Status:
        from rich.console import Console

        # Labels such as [Si] are text here, not markup.
        status = Console(file=self._stream, markup=False, highlight=False).status(line, spinner="dots")
        status.start()
        return status

    def _write(self, text: str) -> None:
        if self._file is None:
            return
        now = datetime.now().astimezone().isoformat(sep=" ", timespec="milliseconds")
        self._file.writelines(f"{now}  {line}\n" for line in text.splitlines() or [""])
        self._file.flush()

    def _print(self, text: str) -> None:
        status = self._status
        if status is not None:
            status.console.print(text, soft_wrap=True)
            return
        try:
            print(text, file=self._stream, flush=True)
        except BrokenPipeError:
            self._lose_screen()

    def _lose_screen(self) -> None:
        """Nobody reads the screen any more (`| head`, a closed session): the run goes on with its log."""
        nothing = os.open(os.devnull, os.O_WRONLY)
        # The descriptor, since what the stream still holds would fail again when Python ends.
        os.dup2(nothing, self._stream.fileno())
        os.close(nothing)
        self.note("the screen's reader has left; the run goes on")


def iteration_line(event: Mapping[str, Any]) -> str:
    """One line on an iteration, of constant shape, for eyes and for grep."""
    accepted = "" if event.get("accepted", True) else "  rejected"
    parts = [f"iteration {event['iteration']:4d}", f"loss {_number(event.get('loss'), 11)}"]
    for key, name in (("relative_offset", "offset"), ("velocity_norm", "step"), ("radius", "radius")):
        if key in event:
            parts.append(f"{name} {_number(event[key], 3)}")
    if "damping" in event:
        parts.append(f"damping {_number(event['damping'], 2)}")
    return "  ".join(parts) + accepted


def _number(value: float | None, digits: int) -> str:
    width = digits + 6
    return "-".rjust(width) if value is None else f"{value:{width}.{digits - 1}e}"
