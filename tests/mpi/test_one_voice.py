"""Mistakes in the words of a command are told once on two ranks, and end the command with 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.mpi


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "job.toml", "--colour"), "No such option: --colour"),
        (("analyze", "run", "covarianc"), "there is no analysis 'covarianc'. Did you mean covariance?"),
        (("models", "no-model"), "unknown model 'no-model'"),
    ],
)
def test_a_mistake_is_told_once(
    hpcfit: Callable[..., Any], tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    done = hpcfit(*words, ranks=2, folder=tmp_path)
    assert done.code == 2
    assert done.err.count(told) == 1, done.err
