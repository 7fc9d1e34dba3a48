"""Analyses write the same bytes on any number of ranks."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.run import run_job

pytestmark = pytest.mark.mpi
TABLE = """\
[data]
table = "data.csv"
x = ["t"]
y = "A"
group = "kind"

[model]
formula = "A0*exp(-k*t) + c"
per_group = ["A0"]
[model.parameters]
A0 = { initial = 1.0 }
k = { initial = 1.0, transform = "log" }
c = { initial = 0.0 }

[run]
folder = "run"
"""
#: analyze in one process, since starting takes longer than all else
PROGRAM = """\
import sys
from pathlib import Path
from hpcfit.analysis.session import analyze_run
from hpcfit.parallel.world import world

def work(session):
    return [session.covariance(), session.fisher(), session.influence(), session.sensitivity()]

for run in sys.argv[2:]:
    name = Path(run).parent.name
    analyze_run(world(), Path(run), Path(sys.argv[1]) / name, work)
"""


@pytest.fixture
def table_run(tmp_path: Path) -> Path:
    t = np.linspace(0.0, 4.0, 900)
    lines = [
        f"{a!r},{(2 + k % 3) * np.exp(-1.3 * a) + 0.2 + 0.05 * np.sin(97.0 * a)!r},{'uvw'[k % 3]}"
        for k, a in enumerate(t.tolist())
    ]
    folder = tmp_path / "table"
    folder.mkdir()
    (folder / "data.csv").write_text(
        "t,A,kind\n" + "\n".join(lines).replace("np.float64(", "").replace(")", "")
    )
    (folder / "job.toml").write_text(TABLE)
    assert run_job(SerialCommunicator(), folder / "job.toml") == 0
    return folder / "run"


def test_analyses_are_the_same_on_one_two_and_four_ranks(
    on_ranks, silicon_run: Path, table_run: Path, tmp_path: Path
) -> None:
    shutil.copytree(silicon_run.parent, tmp_path / "silicon")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    found = []
    for ranks in (1, 2, 4):
        out = tmp_path / str(ranks)
        ended = on_ranks(ranks, program, out, tmp_path / "silicon" / "run", table_run)
        assert (ended.code, ended.err) == (0, "")
        found.append({str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*.*"))})
    assert len(found[0]) == 20
    assert found[1] == found[0]
    assert found[2] == found[0]


def test_a_run_without_its_data_is_told_of_once(hpcfit, silicon_run: Path, tmp_path: Path) -> None:
    shutil.copytree(silicon_run.parent, tmp_path / "silicon")
    (tmp_path / "silicon" / "train.h5").unlink()
    ended = hpcfit("analyze", "fisher", tmp_path / "silicon" / "run", ranks=2)
    assert ended.code == 2
    assert ended.err.count("the run cannot be opened again") == 1
