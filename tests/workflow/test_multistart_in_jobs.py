"""What a job is told that asks for many starts and cannot have them."""

from __future__ import annotations

from pathlib import Path

import pytest

import hpcfit
from hpcfit.errors import JobError, RunError
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.run import Screen, perform

JOB = """\
[data]
table = "t.csv"
x = ["x"]
y = ["y"]
[model]
formula = "a*x"
parameters = { a = { initial = 1 } }
[optimizer]
name = "multistart"
"""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "",
            'job.toml:8: optimizer.region: region = "bounds" draws starts between min and max: give them, '
            'and no transform, to a; or draw from region = "initial" with a spread, or for a network from '
            'region = "seeds".',
        ),
        (
            'region = "seeds"',
            'job.toml:10: optimizer.region: "seeds" are those of a network, such as mlp: draw from "bounds", '
            'or around "initial" values.',
        ),
        (
            'inner = { name = "multistart" }',
            "job.toml:10: optimizer.inner.name: a multistart in a multistart; give more starts.",
        ),
        (
            "inner = { max_iteration = 9 }",
            "job.toml:10: optimizer.inner.max_iteration is not a known key. Did you mean max_iterations?",
        ),
        (
            'region = "initial"\ninner = { name = "scipy:shgo" }',
            "job.toml:11: optimizer.inner.name: scipy:shgo searches between bounds: give min and max, and no "
            "transform, to a.",
        ),
        ("inner = { name = 3 }", "job.toml:10: optimizer.inner.name: a text is expected, not 3."),
    ],
)
def test_faults_of_the_job_are_told_with_their_lines(
    words: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("x,y\n1,2\n2,4.1\n3,5.9\n")
    Path("job.toml").write_text(f"{JOB}{words}\n")
    with pytest.raises(JobError) as refusal:
        perform(SerialCommunicator(), Path("job.toml"), screen=Screen(lines=False))
    assert str(refusal.value) == message


def test_an_unknown_inner_optimizer_is_told_with_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,y\n1,2\n2,4.1\n3,5.9\n")
    (tmp_path / "job.toml").write_text(f'{JOB}inner = {{ name = "geodesic" }}\n')
    with pytest.raises(JobError, match=r":10: optimizer\.inner\.name: .*geodesic-lm"):
        perform(SerialCommunicator(), tmp_path / "job.toml", screen=Screen(lines=False))


def test_refits_of_a_fit_without_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,y\n1,2\n2,4.1\n3,5.9\n")
    parameters = {"a": hpcfit.Free(1.0)}
    fit = hpcfit.fit_table(
        tmp_path / "t.csv", y="y", formula="a*x", x=["x"], parameters=parameters, progress=False
    )
    with pytest.raises(RunError) as refusal:
        hpcfit.analyze(fit).bootstrap(5)
    assert str(refusal.value) == (
        "bootstrap(): this fit has no run folder; give fit() one by its argument folder."
    )
