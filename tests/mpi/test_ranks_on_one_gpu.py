"""Several ranks on one GPU: the same bits as one rank has."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.mpi, pytest.mark.gpu]


def test_two_ranks_on_one_gpu_have_the_bits_of_one(hpcfit: Callable[..., Any], silicon: Any) -> None:
    first = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    outcomes, devices = [], []
    for ranks in (1, 2):
        silicon.write(('folder = "run"', 'folder = "run"\ndevice = "cuda"'))
        finished = hpcfit(
            "run",
            "--restart",
            silicon.path,
            ranks=ranks,
            environment={"CUDA_VISIBLE_DEVICES": first},
            timeout=120.0,
        )
        assert finished.code == 0, finished.err
        assert f"on {ranks} rank" in finished.out
        assert "device cuda" in finished.out
        outcomes.append(silicon.outcome())
        devices.append(silicon.result()["provenance"]["devices"])
    assert outcomes[0] == outcomes[1]
    assert [[each["ranks"] for each in found] for found in devices] == [[[0]], [[0, 1]]]
