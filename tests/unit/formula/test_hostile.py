"""Formulas of other people are read, never run: whatever they say, and in whatever place of a job."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hostile_formulas import REFUSED

from hpcfit.errors import JobError, KernelError
from hpcfit.formula import allowed
from hpcfit.formula.own import GivenFormulas
from hpcfit.job import open_job

SUPPORT = Path(__file__).parents[2] / "support"
#: reads every text under the eyes of Python's audit hooks: what is run, imported or opened would show
WATCHED = """
import sys
sys.path.insert(0, sys.argv[1])
from hostile_formulas import REFUSED
from hpcfit.errors import KernelError
from hpcfit.formula.check import check_expression

def refused(text):
    try:
        check_expression(text, ("r", "A", "D", "sigma", "epsilon", "lambda", "rc", "q"), "formula")
    except KernelError:
        return True

for text in ("unknown(r)", "unknon", "(", "bspline(r, A, knots=3)", "0x1"):
    assert refused(text)  # what the messages need is imported now
seen = []
harmless = {"builtins.id", "compile", "object.__getattr__", "sys._getframe"}
sys.addaudithook(lambda event, args: None if event in harmless else seen.append((event, str(args)[:80])))
accepted = [text for text in REFUSED if not refused(text)]
print(len(REFUSED), accepted, seen)
"""


def test_nothing_runs_and_nothing_takes_long() -> None:
    command = [sys.executable, "-c", WATCHED, str(SUPPORT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == f"{len(REFUSED)} [] []\n"
    assert len(set(REFUSED)) >= 40


JOB = """
[data]
train = "train.h5"
[[potential]]
species = ["Si"]
pair = "part*r*zeta*rho"
density = "A*r"
bond_environment = "A*r1*r2"
embedding = "A*rho"
triplet = "A*r1*r2"
site = "A"
cutoff = "rc"
let = { part = "2*A" }
[potential.parameters]
A = { initial = 1.0 }
rc = 4.0
"""
PLACES = {
    "pair": '"part*r*zeta*rho"\nd',
    "density": '"A*r"\nb',
    "bond_environment": '"A*r1*r2"\ne',
    "embedding": '"A*rho"',
    "triplet": '"A*r1*r2"\ns',
    "site": '"A"',
    "cutoff": '"rc"',
    "let.part": '"2*A"',
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch ran')",
        "().__class__.__base__.__subclasses__()",
        "open('ran', 'w')",
        "[A for A in r]",
        "9**9**9**9*A*rc",
    ],
)
def test_every_formula_of_a_job_is_only_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.h5").touch()
    old = PLACES[place]
    text += "*zeta" if place == "pair" and text.startswith("9") else ""
    assert JOB.count(old) == 1
    Path("job.toml").write_text(JOB.replace(old, f'"{text}"{old.rpartition(chr(34))[2]}'))
    with pytest.raises(JobError) as refusal:
        open_job(Path("job.toml"))
    assert any(f"potential[0].{place}: " in problem for problem in refusal.value.problems), str(refusal.value)
    assert not Path("ran").exists()


def test_formulas_that_are_too_long_together_are_refused_before_they_are_read() -> None:
    long = "+".join(["A"] * 900)
    let = {f"x{k}": long for k in range(1000)}
    with pytest.raises(KernelError) as refusal:
        GivenFormulas({"pair": "A*r"}, cutoffs={"": "4"}, let=let).written("potential[0]")
    assert str(refusal.value) == (
        "potential[0]: more than 8000 names, numbers and operators in its formulas together. Leave out "
        "parts, or take a spline for a long sum"
    )
    assert allowed.MAX_TOKENS_TOGETHER == 8000
