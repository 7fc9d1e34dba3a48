"""`hpcfit plot` as a command: what it prints, exit codes, and the same pictures on two ranks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.plot.draw import plot_run

pytest.importorskip("matplotlib", reason="pictures need matplotlib")
Launch = Callable[..., Any]


def test_pictures_are_the_same_on_two_ranks(hpcfit: Launch, silicon_run: Path, tmp_path: Path) -> None:
    done = hpcfit("plot", silicon_run, "parity", "path", "-o", tmp_path, ranks=2)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"wrote {tmp_path / 'parity.png'}\nwrote {tmp_path / 'path.png'}\n"
    drawn = plot_run(SerialCommunicator(), silicon_run, ["parity", "path"], folder=tmp_path / "alone")
    assert drawn is not None
    for path in drawn.written:
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()


def test_a_picture_that_there_is_not_ends_with_2(hpcfit: Launch, silicon_run: Path) -> None:
    done = hpcfit("plot", silicon_run, "fit")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"{silicon_run}: curves are drawn of tables, and this run has fitted configurations.\n"
