"""jobs/benchmarks/gpu_folding.py on the stand-in for a device, so that it works where there is one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from emulated import compiler_missing

BENCHMARKS = Path(__file__).parents[2] / "jobs" / "benchmarks"


@pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))
def test_all_ways_of_folding_are_timed_and_agree_with_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import gpu_folding

    sizes = ["--rows", "3000", "--chunk", "1500", "--columns", "8", "--repeat", "1"]
    output = ["--json", str(tmp_path / "folding.json")]
    monkeypatch.setattr(sys, "argv", ["gpu_folding.py", "--device", "emulated", *sizes, *output])
    assert gpu_folding.main() == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    easy, hard = json.loads((tmp_path / "folding.json").read_text())["lines"]
    for name in gpu_folding.WAYS:
        assert easy[name] > 0.0
        assert easy[f"{name} deviation"] < 1e-12
        assert hard[f"{name} deviation"] < 1e-8
    assert (easy["cholesky left"], hard["cholesky left"]) == (0, 2)
