"""Problems of a job that was given by arguments: named, in order, without lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpcfit.errors import JobError
from hpcfit.job import open_job
from hpcfit.job.arguments import ArgumentSource, order_of
from hpcfit.job.source import raise_problems

TABLES = {"data": {"train": "x.h5"}, "potential": [{"name": "morse", "parameters": {"D": {"initial": 1}}}]}
NAMES = {("data",): "", ("data", "train"): "dataset", ("potential", 0): "potential", ("run",): ""}


def source(temporary: bool = False) -> ArgumentSource:
    return ArgumentSource(
        Path("fit()"),
        "",
        TABLES,
        order_of(TABLES),
        names=NAMES,
        temporary=temporary,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (("data", "train"), "dataset"),
        (("data", "seed"), "seed"),
        (("run", "folder"), "folder"),
        (("potential", 0, "parameters", "D", "min"), "potential.parameters.D.min"),
        (("potential", 1, "pair"), "potential[1].pair"),
        (("optimizer", "xtol"), "optimizer.xtol"),
        (("potential", 0, "parameters", "odd name"), 'potential.parameters."odd name"'),
    ],
)
def test_a_key_is_named_by_its_argument(key: tuple[str | int, ...], name: str) -> None:
    assert source().argument(key) == name


def test_problems_are_told_in_the_order_of_the_arguments() -> None:
    made = source()
    problems = [
        made.problem(("potential", 0, "parameters", "D"), ": second."),
        made.problem(("data", "train"), " is first."),
        made.placed("potential[0].parameters.D (Si-C): last.", ("potential", 0)),
    ]
    with pytest.raises(JobError) as error:
        raise_problems(problems)
    assert error.value.problems == (
        "fit(): dataset is first.",
        "fit(): potential.parameters.D (Si-C): last.",
        "fit(): potential.parameters.D: second.",
    )


def test_a_sentence_without_a_key_is_placed_where_it_belongs() -> None:
    assert source().placed("no key.", ("potential", 0)).text == "fit(): potential: no key."
    assert source().placed("no key.").text == "fit(): no key."


def test_how_a_run_is_started_anew_and_whether_it_lasts() -> None:
    assert source().anew == "fit(..., restart=True)"
    assert source().goes_on_by == "the same call goes on"
    assert (source().is_file, source().lasting, source(temporary=True).lasting) == (False, True, False)


def test_a_job_of_tables_is_opened_like_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.h5").touch()
    tables = {
        "data": {"train": "x.h5"},
        "potential": [
            {"name": "morse", "species": ["Si"], "parameters": {"D": {"initial": 1.0}, "alpha": 1, "r0": 2}}
        ],
    }
    made = ArgumentSource(Path("fit()"), "", tables, order_of(tables), names=NAMES)  # type: ignore[arg-type]
    assert open_job(made).job.data.train == "x.h5"
    tables["weights"] = {"name": "constnt"}
    with pytest.raises(JobError) as error:
        open_job(made)
    assert str(error.value) == (
        "fit(): weights.name: unknown weight scheme 'constnt'. Did you mean constant?"
    )
