"""Models by name in job files: networks, guesses of where to start, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hpcfit.errors import JobError
from hpcfit.job.resolve import open_job
from hpcfit.output.result import Result
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.use.predict_table import predict_table
from hpcfit.workflow.check import check_job
from hpcfit.workflow.run import run_job
from hpcfit.workflow.table.plan import TablePlan, model_input, plan_table

Write = Callable[..., Path]
NETWORK = 'name = "mlp"\nlayers = [4, 3]\nseed = 2\n'


@pytest.fixture(name="write")
def _write(tmp_path: Path) -> Write:
    """A job for a table of two groups, whose lines are a + 2 and a + 7, and whose second column bends."""
    a = np.linspace(0.0, 3.0, 30)
    rows = [f"{x!r},{k},{x + 2.0 + 5.0 * k!r},{np.sin(x + k).item()!r}" for k in (0, 1) for x in a.tolist()]
    (tmp_path / "table.csv").write_text("\n".join(["a,g,y,z", *rows]))

    def write(model: str, data: str = 'x = ["a"]\ny = ["y"]\n', more: str = "") -> Path:
        path = tmp_path / "job.toml"
        path.write_text(f'[data]\ntable = "table.csv"\n{data}[model]\n{model}{more}')
        return path

    return write


def plan_of(path: Path) -> TablePlan:
    return plan_table(SerialCommunicator(), open_job(path))


def faults(path: Path) -> list[str]:
    with pytest.raises(JobError) as error:
        check_job(path, 1)
    return [text.split("job.toml:", 1)[-1] for text in error.value.problems]


def test_network_of_several_columns_is_fitted_and_predicts_from_its_result(
    write: Write, tmp_path: Path
) -> None:
    data = 'x = ["a", "g"]\ny = ["y", "z"]\n'
    path = write(NETWORK, data, "[optimizer]\nmax_iterations = 15\n")
    assert run_job(SerialCommunicator(), path) == 1
    result = Result.load(tmp_path / "run" / "result.json")
    names = [q.name for q in result.parameters]
    assert names[:3] == ["W1[0,0]", "W1[0,1]", "W1[1,0]"]
    fixed = {q.name: q.value for q in result.parameters if q.fixed}
    assert fixed["x_shift[0]"] == pytest.approx(1.5)
    assert fixed["x_shift[1]"] == pytest.approx(0.5)
    assert len(fixed) == 8
    report = predict_table(SerialCommunicator(), tmp_path / "run", str(tmp_path / "table.csv"))
    assert report is not None
    for name, (rmse, rows) in report.rmse.items():
        assert rows == 60
        assert rmse == pytest.approx(result.rmse.train[name], rel=1e-12)


def test_some_weights_can_be_held(write: Write) -> None:
    path = write(NETWORK, more='[model.parameters]\n"W1[0,0]" = 0.25\n"b3[0]" = { initial = 1, min = 0 }\n')
    made = model_input(plan_of(path))
    given = {name: word for (_, name), word in made.given.items()}
    assert given["W1[0,0]"].fixed
    assert not given["W1[1,0]"].fixed
    assert given["b3[0]"].minimum == 0.0
    assert "x_shift[0]" not in given


def test_lines_of_groups_need_no_initial_value(write: Write, tmp_path: Path) -> None:
    data = 'x = ["a"]\ny = ["y"]\ngroup = "g"\n'
    path = write('name = "polynomial"\ndegree = 1\nper_group = ["c0"]\n', data)
    assert run_job(SerialCommunicator(), path) == 0
    result = Result.load(tmp_path / "run" / "result.json")
    assert result.parameter("0.c0").value == pytest.approx(2.0)
    assert result.parameter("1.c0").value == pytest.approx(7.0)
    assert result.parameter("1.c0").initial == pytest.approx(7.0)
    assert result.parameter("c1").value == pytest.approx(1.0)
    assert result.loss < 1e-20


def test_guess_that_the_bounds_forbid_is_moved_to_them(write: Write) -> None:
    path = write('name = "polynomial"\ndegree = 1\n', more="[model.parameters]\nc0 = { max = 3.5 }\n")
    made = model_input(plan_of(path))
    assert {name: word.initial for (_, name), word in made.given.items()} == {"c0": 3.5, "c1": None}
    assert [made.bound.default(each) for each in made.bound.instances] == pytest.approx([4.5, 1.0])


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ('name = "mlp"', "5: model.layers is missing: units of each hidden layer, such as [10, 10]."),
        (
            'name = "mlp"\nlayers = [3, 0]',
            "7: model.layers: layers must be numbers of units such as [10, 10], not [3, 0].",
        ),
        (
            'name = "mlp"\nlayers = "3, 3"',
            "7: model.layers: a list in square brackets such as [3, 3] is expected, not '3, 3'.",
        ),
        ('name = "mlp"\nlayers = 3', "7: model.layers: a list in square brackets is expected, not 3."),
        (
            'name = "mlp"\nlayers = [3]\nactivation = "relu"',
            "8: model.activation: 'relu' is not one of 'tanh', 'softplus', 'sin'.",
        ),
        (
            'name = "mlp"\nlayers = [3]\nseed = -1',
            "8: model.seed: must be at least 0, not -1. It is: number that decides the initial weights.",
        ),
        (
            'name = "mlp"\nlayers = [3]\n[model.parameters]\n"W1[0,1]" = 2',
            '9: model.parameters."W1[0,1]": mlp: unknown parameter W1[0,1]. Did you mean W2[0,1]?',
        ),
        (
            'name = "mlp"\nlayers = [3]\n[model.parameters]\n"x_shift[0]" = { initial = 2 }',
            '9: model.parameters."x_shift[0]": shifts and scales cannot be fitted; write fixed = true.',
        ),
        ('name = "polynomial"\ndegre = 3', "7: model.degre is not a known key. Did you mean degree?"),
        (
            'name = "polynomial"\ndegree = 31',
            "7: model.degree: must be at most 30, not 31. It is: the highest power of x.",
        ),
        (
            'name = "exponential-decay"\nterms = 0',
            "7: model.terms: must be at least 1, not 0. It is: how many exponentials are added.",
        ),
        ('name = "polynom"', "6: model.name: unknown model 'polynom'. Did you mean polynomial?"),
    ],
)
def test_what_is_refused(write: Write, model: str, expected: str) -> None:
    assert faults(write(f"{model}\n")) == [expected]


def test_network_needs_to_be_told_its_inputs(write: Write) -> None:
    expected = '1: data.x is missing: the columns that mlp is a function of, such as x = ["a", "b"].'
    assert faults(write(NETWORK, 'y = ["y"]\n')) == [expected]


def test_network_has_no_numbers_for_groups(write: Write) -> None:
    path = write(f'{NETWORK}per_group = ["b1[0]"]\n', 'x = ["a"]\ny = ["y"]\ngroup = "g"\n')
    expected = "10: model.per_group: mlp is one network for all groups. Give the group as an input"
    assert faults(path) == [expected]


def test_formula_of_a_plugin_that_cannot_be_read_is_told_of(write: Write, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from hpcfit.formula.parameter_spec import ParameterSpec\n"
        "from hpcfit.formula.row_formula import RowFormula\n"
        "line = RowFormula('line', (('y', 'A*q'),), ('x',), (ParameterSpec('A', 'shared'),))\n"
    )
    expected = '6: model.name: line: unknown name q in "A*q" (column 3). Known: A, x'
    assert faults(write('name = "mine.py:line"\n')) == [expected]


@pytest.mark.parametrize(
    ("guess", "message"),
    [
        ("{'B': 1.0}", "line: unknown parameter B. Known: A"),
        ("3", "it returned 3, not a number for each of A by its name"),
        ("{'A': 'many'}", "A is 'many', not a number"),
    ],
)
def test_guess_of_a_plugin_that_is_none_is_told_of(
    write: Write, tmp_path: Path, guess: str, message: str
) -> None:
    (tmp_path / "mine.py").write_text(
        "from hpcfit.formula.parameter_spec import ParameterSpec\n"
        "from hpcfit.formula.row_formula import RowFormula\n"
        "line = RowFormula('line', (('y', 'A*x'),), ('x',), (ParameterSpec('A', 'shared'),),\n"
        f"    guess=lambda inputs, outputs: {guess})\n"
    )
    with pytest.raises(JobError) as error:
        plan_of(write('name = "mine.py:line"\n'))
    start = f"{tmp_path}/job.toml:5: model: the guess of initial values of line failed: "
    assert str(error.value) == start + message


def test_guess_of_a_plugin_that_fails_is_told_of(write: Write, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from hpcfit.formula.parameter_spec import ParameterSpec\n"
        "from hpcfit.formula.row_formula import RowFormula\n"
        "def guess(inputs, outputs):\n"
        "    return {'A': inputs[1].mean()}\n"
        "line = RowFormula('line', (('y', 'A*x'),), ('x',), (ParameterSpec('A', 'shared'),), guess=guess)\n"
    )
    with pytest.raises(JobError) as error:
        plan_of(write('name = "mine.py:line"\n'))
    expected = (
        f"{tmp_path}/job.toml:5: model: the guess of initial values of line failed: {tmp_path}/mine.py:4: "
        "IndexError: index 1 is out of bounds for axis 0 with size 1"
    )
    assert str(error.value) == expected
