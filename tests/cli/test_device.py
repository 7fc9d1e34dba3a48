"""`run.device` from the command line, on machines without a GPU."""

from __future__ import annotations

from typing import Any

import pytest

from hpcfit.devices.driver import find_driver

pytestmark = pytest.mark.skipif(find_driver() is not None, reason="this machine has an NVIDIA driver")


@pytest.mark.parametrize("ranks", [1, pytest.param(2, marks=pytest.mark.mpi)])
def test_cuda_without_a_gpu_exits_with_2_and_one_message(hpcfit: Any, silicon: Any, ranks: int) -> None:
    silicon.write(('folder = "run"', 'folder = "run"\ndevice = "cuda"'))
    done = hpcfit("run", silicon.path, ranks=ranks)
    assert done.code == 2, done.err
    (line,) = (line for line in done.err.splitlines() if line.strip())
    assert line.startswith(
        f"{silicon.path}:23: run.device: this machine has no NVIDIA driver (libcuda.so.1 is not found)"
    )
    assert "Run on a machine with an NVIDIA GPU" in line
    assert not (silicon.run / "log.txt").exists()


def test_auto_says_in_its_first_line_that_it_runs_on_the_cpu_and_why(hpcfit: Any, silicon: Any) -> None:
    silicon.write(("[run]", "[optimizer]\nmax_iterations = 1\n\n[run]"))
    done = hpcfit("run", silicon.path)
    assert done.code == 1, done.err
    assert done.out.splitlines()[0].endswith("device cpu (no NVIDIA driver)")
    assert silicon.result()["provenance"]["device"] == "cpu"
    assert silicon.result()["provenance"]["devices"] == []
