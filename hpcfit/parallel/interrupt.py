"""Signals as a request to stop: finish the iteration, write the checkpoint, leave with exit code 75.

Batch systems warn a job shortly before its time is up (SLURM with --signal, PBS and SGE by SIGTERM or
SIGUSR1), and a user presses Ctrl-C. mpirun passes these signals on to every rank; some batch systems signal
one process only, so the request travels to rank 0 with the next result (see objective).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


class StopRequest:
    """Whether this process was asked to stop.

    Attributes:
        signal: name of the signal that asked, or None.
    """

    def __init__(self) -> None:
        self.signal: str | None = None

    def __bool__(self) -> bool:
        return self.signal is not None

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Signal handler: the first request is remembered, a second Ctrl-C ends the run at once."""
        if self.signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = signal.Signals(number).name


@contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """While the body runs, signals become requests to stop.

    Python delivers signals to the main thread only; in another thread the body runs without handlers.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before = {number: signal.signal(number, request.receive) for number in SIGNALS}
    try:
        yield request
    finally:
        for number, handler in before.items():
            # None: a handler that was not installed from Python and cannot be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
