"""Several ranks on one device, and beside ranks on the processor; a stand-in for the device."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from emulated import compiler_missing

FEW = ("[run]", "[optimizer]\nmax_iterations = 2\n\n[run]")
PROGRAM = Path(__file__).parent / "programs" / "fit_on_stand_in.py"

pytestmark = [
    pytest.mark.mpi,
    pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing())),
]


def fit(launch: Callable[..., Any], silicon: Any, device: str, *limit: tuple[str, str]) -> Any:
    silicon.write(('folder = "run"', f'folder = "run"\ndevice = {device}'), *limit)
    return launch(silicon.path)


def test_ranks_of_a_machine_share_its_device(mpirun: Callable[..., Any], silicon: Any) -> None:
    finished = fit(lambda path: mpirun(3, PROGRAM, path), silicon, '"cuda"', FEW)
    assert finished.code == 1, finished.err
    assert "device: emulated (16.0 GiB), 3 ranks; NVIDIA driver 570 (CUDA 12.8), CuPy 14.2.0" in finished.out
    (device,) = silicon.result()["provenance"]["devices"]
    assert (device["name"], device["ranks"]) == ("emulated", [0, 1, 2])


def test_a_rank_on_a_device_and_one_on_the_processor_go_on_with_the_same_shares(
    mpirun: Callable[..., Any], silicon: Any
) -> None:
    def launch(path: Path) -> Any:
        return mpirun(2, PROGRAM, path)

    finished = fit(launch, silicon, '["cuda", "cpu"]', FEW)
    assert finished.code == 1, finished.err
    assert "device cuda on 1 rank, cpu on 1" in finished.out
    record = json.loads((silicon.run / "spread.json").read_text())
    assert record["devices"] == ["emulated", "cpu"]
    first, middle, last = record["ranges"][0]
    # Other shares than are measured, so that it is seen where those of the second part come from.
    record["ranges"] = [[first, middle - 1 if middle > 1 else middle + 1, last]]
    (silicon.run / "spread.json").write_text(json.dumps(record))
    finished = fit(launch, silicon, '["cuda", "cpu"]')
    assert finished.code == 0, finished.err
    assert "work as before: " in finished.out
    assert json.loads((silicon.run / "spread.json").read_text()) == record
    origin = silicon.result()["provenance"]
    assert (origin["device"], [each["ranks"] for each in origin["devices"]]) == ("cuda, cpu", [[0]])


def test_a_device_that_fails_ends_the_run_on_all_ranks_with_one_message(
    mpirun: Callable[..., Any], silicon: Any
) -> None:
    program = PROGRAM.with_name("fault_on_stand_in.py")
    finished = fit(lambda path: mpirun(3, program, path), silicon, '"cuda"')
    assert finished.code == 70, finished.err
    assert finished.err.count("device emulated has failed") == 1
    assert "rank 1 of 3: device emulated has failed." in finished.err
    assert "Traceback" not in finished.err
