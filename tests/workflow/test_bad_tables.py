"""What is wrong with a job for a table: told with its line, before anything is computed, with exit code 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpcfit.errors import HpcfitError, JobError
from hpcfit.job import open_job
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.check import check_job
from hpcfit.workflow.table import prepare
from hpcfit.workflow.table.plan import plan_table
from hpcfit.workflow.table.prepare import prepare_table

TABLE = "t,y,z,s,g\n0,2.0,1,0.1,cold\n1,1.2,1,0.1,cold\n2,0.8,1,0.2,hot\n3,0.5,1,0.2,hot\n"
JOB = """\
[data]
table = "t.csv"
y = ["y"]

[model]
formula = "A*exp(-t/tau)"

[model.parameters]
A = { initial = 1, min = 0 }
tau = { initial = 2, min = 0.1 }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)
    return tmp_path


def fault(*edits: tuple[str, str], table: str = TABLE) -> str:
    text = JOB
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    Path("t.csv").write_text(table)
    Path("job.toml").write_text(text)
    with pytest.raises(HpcfitError) as error:
        check_job(Path("job.toml"), 1)
    assert error.value.exit_code == 2
    return str(error.value)


Y = 'y = ["y"]'


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"t.csv"',
            '"u.csv"',
            "job.toml:2: data.table: there is no file u.csv. Paths are relative to the job file.",
        ),
        (Y, "", 'job.toml:1: data.y is missing: the columns to fit, such as y = ["energy"].'),
        (Y, 'y = ["w"]', "t.csv:1: there is no column w. Columns are t, y, z, s, g."),
        (Y, 'y = ["g"]', "t.csv:2: g is 'cold', not a number;"),
        (
            Y,
            Y + '\nsigma = "y"\nweight = "s"',
            "job.toml:5: data.weight: give either sigma or weight, not both; of several columns in y each "
            "may have its own.",
        ),
        (
            Y,
            Y + "\nsigma = { w = 's' }",
            "job.toml:4: data.sigma.w: y does not name it; y has y.",
        ),
        (Y, 'y = ["y", "y"]', "job.toml:3: data.y: y stands there twice; name each column once."),
        (Y, Y + '\nsigma = "t"', "t.csv:2: t is 0, and data.sigma must be above 0."),
        (Y, Y + '\nrows = ["t > 5"]', "t.csv: no row has t > 5."),
        (
            Y,
            Y + '\nrows = ["t > 1 and t < 3"]',
            "job.toml:4: data.rows: condition 't > 1 and t < 3': and cannot be used. Write "
            "several conditions, "
            "which must all hold",
        ),
        (Y, Y + '\ntags = ["a"]', "job.toml:4: data.tags is for configurations; with table, give rows."),
        (
            Y,
            Y + "\ntest_fraction = 0.95",
            "job.toml:4: data.test_fraction: 0.95 of 4 rows leaves none to fit; write a smaller share.",
        ),
        (
            Y,
            Y + '\ngroup = "g"\ntest_fraction = 0.7\n[targets]\n[data2]',
            "job.toml:6: targets is for configurations; with table, remove it.",
        ),
        (
            "[model.parameters]",
            '[[potential]]\nname = "morse"\n[model.parameters]',
            "job.toml:8: potential is for configurations; with table, give [model].",
        ),
        (
            "[model.parameters]",
            "per_group = ['A']\n[model.parameters]",
            "job.toml:8: model.per_group: there are no groups; give data.group, a column whose "
            "values tell them "
            "apart.",
        ),
        (
            'formula = "A*exp(-t/tau)"',
            "",
            "job.toml:5: model.formula is missing: a formula of columns and parameters, or the "
            "name of a model.",
        ),
        (
            'formula = "A*exp(-t/tau)"',
            'formula = "A*exp(-t/tau)"\nname = "vinet"',
            "job.toml:6: model.formula: give either name or formula, not both.",
        ),
        (
            "A*exp(-t/tau)",
            "A*exq(-t/tau)",
            'job.toml:6: model.formula: unknown function exq in "A*exq(-t/tau)" (column 3). ',
        ),
        (
            "A*exp(-t/tau)",
            "A*bspline(t, f, knots=4, x_min=0, x_max=3)/tau",
            "job.toml:6: model.formula: f cannot be a spline; bspline makes functions of potentials only. "
            "For a curve that has no formula take a polynomial or an mlp by model.name",
        ),
        (
            "A = { initial = 1, min = 0 }",
            "A = { initial = 1, min = 2 }",
            "job.toml:9: model.parameters.A: initial 1.0 is below min 2.0.",
        ),
        (
            "A = { initial = 1, min = 0 }",
            "A = { initial = 1, min = 2, max = 0 }",
            "job.toml:9: model.parameters.A: min 2.0 is above max 0.0.",
        ),
        (
            "A = { initial = 1, min = 0 }",
            "A = { initial = 1, min = 0 }\nk = { initial = 1 }",
            "job.toml:10: model.parameters.k: no formula uses it. Known: A, t, tau",
        ),
        (
            "[model.parameters]\nA = { initial = 1, min = 0 }\ntau = { initial = 2, min = 0.1 }",
            "[model.parameters]\nA = 1\ntau = 2",
            "job.toml:8: model.parameters: every parameter is fixed, nothing is fitted. Free "
            "one by a table, such "
            "as A = { initial = 1.0 }.",
        ),
        (
            Y,
            'y = ["y", "z"]',
            "job.toml:6: model.formula: y names 2 columns; give a formula for each, { y = "
            '"...", z = "..." }.',
        ),
        ("[data]", "[data]\ntrain = 't.h5'", "job.toml:3: data.table: give either train or table, not both."),
        (
            "A = { initial = 1, min = 0 }",
            "A = { initial = 1, min = 1, max = 1 }",
            "job.toml:9: model.parameters.A: min and max are both 1.0; write fixed = true instead.",
        ),
        (
            "A = { initial = 1, min = 0 }",
            'A = { tie = "2*q" }',
            'job.toml:9: model.parameters.A.tie: unknown name q in "2*q" (column 3). Known: A, tau',
        ),
        (
            "A = { initial = 1, min = 0 }\n",
            "",
            "t.csv:1: there is no column A. Columns are t, y, z, s, g. If A is a parameter, give it in "
            "[model.parameters].",
        ),
        (Y, Y + "\nx = { u = 'z' }", "job.toml:4: data.x: no formula uses u. Known: A, t, tau"),
        (
            Y,
            Y + '\nrows = ["t >"]',
            'job.toml:4: data.rows: condition: cannot read the expression in "t >" (column 4). Look for a '
            "missing operator or bracket there",
        ),
        (
            Y,
            Y + """\nrows = ['g = "hot"']""",
            "job.toml:4: data.rows: condition 'g = \"hot\"': to compare, write == in place of =",
        ),
    ],
)
def test_a_fault_says_where_what_and_what_to_do(old: str, new: str, message: str) -> None:
    assert any(line.startswith(message) for line in fault((old, new)).splitlines())


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("", "t.csv: holds no table; its first line must name the columns."),
        ("t,y,z,s,g\n", "t.csv: holds no rows."),
        ("t,y\n0,1\n1,x\n", "t.csv:3: y is 'x', not a number."),
        ("t,y\n0,1\n1,\n", "t.csv:3: y is missing."),
        ("t,y\n0,1,2\n", "t.csv:2: has 3 cells, but there are 2 columns."),
        ("0,1\n1,2\n", "t.csv:1: holds numbers where the names of the columns must stand."),
    ],
)
def test_a_table_that_cannot_be_read_says_its_line(table: str, message: str) -> None:
    assert fault(table=table).startswith(message)


@pytest.mark.usefixtures("folder")
def test_a_group_that_is_not_there_is_told_with_those_that_are() -> None:
    message = fault(
        (Y, Y + '\ngroup = "g"'),
        (
            "[model.parameters]",
            "per_group = ['A']\n[model.group_parameters.warm]\nA = { initial = 2 }\n[model.parameters]",
        ),
    )
    assert message == "job.toml:10: model.group_parameters.warm: t.csv has no such group; it has cold, hot."


@pytest.mark.usefixtures("folder")
def test_a_shared_parameter_has_no_words_for_a_group() -> None:
    message = fault(
        (Y, Y + '\ngroup = "g"'),
        ("[model.parameters]", "[model.group_parameters.cold]\nA = { initial = 2 }\n[model.parameters]"),
    )
    assert message == (
        "job.toml:10: model.group_parameters.cold.A: A is one number for all groups; add it to "
        "model.per_group."
    )


WHOLE = JOB[JOB.index("formula =") :]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("x", "model", "message"),
    [
        (
            "",
            'name = "polynomial"',
            "t.csv:1: there is no column x. Columns are t, y, z, s, g. polynomial is a function of it: name "
            'a column by x = ["..."].',
        ),
        (
            'x = ["t"]',
            'name = "arrhenius"',
            "job.toml:6: model.parameters.A: it could not be guessed from the rows; give it a value.",
        ),
        (
            'x = ["t"]',
            'name = "mlp"\nlayers = [400, 400]',
            "job.toml:8: model.layers: a network of 161601 weights; at most 100000 can be fitted. Give fewer "
            "units or layers.",
        ),
    ],
)
def test_a_named_model_that_cannot_be_fitted_says_why(x: str, model: str, message: str) -> None:
    assert fault((Y, f"{Y}\n{x}"), (WHOLE, model)).splitlines()[0] == message


@pytest.mark.usefixtures("folder")
def test_a_fit_that_this_machine_has_no_memory_for_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("job.toml").write_text(JOB)
    monkeypatch.setattr(prepare, "machine_memory", lambda: 500)
    with pytest.raises(JobError) as error:
        prepare_table(comm := SerialCommunicator(), plan_table(comm, open_job(Path("job.toml"))))
    assert str(error.value) == (
        "job.toml:5: model: 2 free parameters need 0 GiB for what is kept of the Jacobian, and this "
        "machine has 0 GiB. Fit fewer of them, or give fewer units."
    )


@pytest.mark.usefixtures("folder")
def test_a_limit_below_what_a_rank_needs_is_told() -> None:
    Path("job.toml").write_text(JOB + '\n[run]\nmemory_limit = "1 MiB"\n')
    assert check_job(Path("job.toml"), 1).splitlines()[-1].rstrip(".") + "." == (
        "note: run.memory_limit is 1 MiB, but a rank needs at least 205 MiB. Raise the limit, or use "
        "more ranks."
    )


def test_the_command_ends_with_exit_code_2_on_two_ranks(folder: Path, hpcfit: Callable[..., Any]) -> None:
    (folder / "job.toml").write_text(JOB.replace(Y, 'y = ["w"]'))
    done = hpcfit("run", "job.toml", ranks=2, folder=folder)
    assert done.code == 2
    assert done.err == "t.csv:1: there is no column w. Columns are t, y, z, s, g.\n"


def test_a_model_that_is_not_finite_at_the_start_names_the_lines(
    folder: Path, hpcfit: Callable[..., Any]
) -> None:
    (folder / "job.toml").write_text(JOB.replace("A*exp(-t/tau)", "A*log(t)/tau"))
    done = hpcfit("run", "job.toml", folder=folder)
    assert done.code == 2
    assert done.err == (
        "job.toml:5: model: at the initial values, the model or its derivatives by the free "
        "parameters are not "
        "finite in 1 of 4 rows (t.csv, line 2). Start from other values, or look for a root or "
        "logarithm of a "
        "negative number, a division by zero, an overflow.\n"
    )


@pytest.mark.usefixtures("folder")
def test_a_row_without_a_group_is_told_or_left_out() -> None:
    table = TABLE.replace("0.1,cold\n2", "0.1,\n2")
    assert fault((Y, Y + '\ngroup = "g"'), table=table) == (
        "t.csv:3: g is missing, so that the row is of no group. Correct the file, or leave such rows out by "
        'data.missing = "skip".'
    )
    Path("job.toml").write_text(JOB.replace(Y, Y + '\ngroup = "g"\nmissing = "skip"'))
    told = check_job(Path("job.toml"), 1).splitlines()
    assert told[1].split() == ["train", "t.csv:", "3", "rows"]
    assert told[2].split() == ["2", "groups:", "cold,", "hot"]
    assert told[3].strip() == "t.csv: 1 row of 4 left out, for want of a group"


@pytest.mark.usefixtures("folder")
def test_a_check_warns_of_more_parameters_than_residuals() -> None:
    Path("job.toml").write_text(JOB.replace(Y, Y + '\nrows = ["t < 1"]'))
    assert check_job(Path("job.toml"), 1).splitlines()[-1] == (
        "warning: 2 free parameters are more than the 1 residual, which cannot determine them all. The "
        "result names the directions that are left; fix parameters, or add rows."
    )
