"""Profile, bootstrap and cross-validation write the same files on any number of ranks and groups."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Launch = Callable[..., Any]
pytestmark = pytest.mark.mpi

PROGRAM = """\
import sys
from pathlib import Path
from hpcfit.analysis.bootstrap import bootstrap
from hpcfit.analysis.cross_validation import cross_validation
from hpcfit.analysis.profile import profile
from hpcfit.analysis.report import write_report
from hpcfit.parallel.world import world

comm, run, out = world(), Path(sys.argv[1]), Path(sys.argv[2])
groups = int(sys.argv[3]) or None
found = [
    bootstrap(comm, run, out, resamples=5, groups=groups),
    profile(comm, run, out, ["A"], points=2, groups=groups),
    cross_validation(comm, run, out, folds=3, groups=groups),
]
for report, result in found if comm.is_root else []:
    write_report(out, report, result)
"""


def test_on_any_number_of_ranks_and_groups(on_ranks: Launch, silicon_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "moved" / "run"
    shutil.copytree(silicon_run.parent, run.parent)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    found = []
    for ranks, groups in ((1, 0), (2, 0), (4, 2)):
        out = tmp_path / f"{ranks}-{groups}"
        done = on_ranks(ranks, program, run, out, groups)
        assert done.code == 0, done.err
        found.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert len(found[0]) == 7
    for other in found[1:]:
        assert other == found[0]
