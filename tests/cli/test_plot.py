"""`hpcfit plot` as a command: what it prints, exit codes, and the same pictures on two ranks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib")
Launch = Callable[..., Any]


def test_pictures_are_the_same_on_two_ranks(hpcfit: Launch, silicon_run: Path, tmp_path: Path) -> None:
    made = []
    for ranks in (1, 2):
        folder = tmp_path / str(ranks)
        done = hpcfit("plot", silicon_run, "parity", "path", "-o", folder, ranks=ranks)
        assert (done.code, done.err) == (0, "")
        assert done.out == f"wrote {folder / 'parity.png'}\nwrote {folder / 'path.png'}\n"
        made.append([(folder / name).read_bytes() for name in ("parity.png", "path.png")])
    assert made[0] == made[1]


def test_a_picture_that_there_is_not_ends_with_2(hpcfit: Launch, silicon_run: Path) -> None:
    done = hpcfit("plot", silicon_run, "fit")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"{silicon_run}: curves are drawn of tables, and this run has fitted configurations.\n"
