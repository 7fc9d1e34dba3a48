"""Ridge and balance in jobs for tables: the minimum of what they say they minimize."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hpcfit.errors import HpcfitError
from hpcfit.output.result import Result
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.run import run_job

JOB = """\
[data]
table = "decay.csv"
x = ["t"]
y = ["s"]
group = "g"
DATA
[model]
formula = "A*exp(-t/tau) + c"
[model.parameters]
A = { initial = 2 }
tau = TAU
c = { initial = -0.5 }
[regularization]
RIDGE
"""


@pytest.fixture(name="fit")
def _fit(tmp_path: Path) -> Callable[..., Result]:
    random = np.random.default_rng(7)
    t = np.linspace(0.0, 4.0, 40)
    s = 2.5 * np.exp(-t / 1.3) + 0.4 + 0.1 * random.normal(size=40)
    groups = np.where(np.arange(40) % 10 == 0, "few", "many")
    s[groups == "few"] += 0.3
    rows = zip(t.tolist(), s.tolist(), groups.tolist(), strict=True)
    (tmp_path / "decay.csv").write_text("t,s,g\n" + "".join(f"{a!r},{b!r},{c}\n" for a, b, c in rows))

    def fit(ridge: str = "", data: str = "", tau: str = "1.3") -> Result:
        text = JOB.replace("DATA", data).replace("RIDGE", ridge).replace("TAU", tau)
        (tmp_path / "job.toml").write_text(text)
        assert run_job(SerialCommunicator(), tmp_path / "job.toml", restart=True) == 0
        return Result.load(tmp_path / "run" / "result.json")

    return fit


def solved(folder: Path, extra: np.ndarray, target: np.ndarray, weight: dict[str, float]) -> np.ndarray:
    """A and c of the linear problem at tau = 1.3, with rows for the ridge."""
    rows = [line.split(",") for line in (folder / "decay.csv").read_text().splitlines()[1:]]
    t, s = (np.array([float(row[k]) for row in rows]) for k in (0, 1))
    w = np.array([weight[row[2]] for row in rows])
    matrix = np.stack([np.exp(-t / 1.3), np.ones_like(t)], axis=1)
    left = np.concatenate([w[:, np.newaxis] * matrix, extra])
    return np.asarray(np.linalg.lstsq(left, np.concatenate([w * s, target]), rcond=None)[0])


def found(result: Result) -> list[float]:
    return [result.parameter("A").value, result.parameter("c").value]


PLAIN = {"few": 1.0, "many": 1.0}


@pytest.mark.parametrize(("towards", "mean"), [("initial", [2.0, -0.5]), ("zero", [0.0, 0.0])])
def test_a_ridge_draws_to_its_target_in_units_of_initial_values(
    fit: Callable[..., Result], tmp_path: Path, towards: str, mean: list[float]
) -> None:
    result = fit(f'ridge = 3.0\ntowards = "{towards}"')
    factor = np.sqrt(3.0) / np.array([2.0, 0.5])
    expected = solved(tmp_path, np.diag(factor), factor * np.array(mean), PLAIN)
    np.testing.assert_allclose(found(result), expected, rtol=1e-9)
    own = (factor * (expected - mean)) ** 2
    assert result.prior_loss == pytest.approx(0.5 * own.sum(), rel=1e-8)


def test_parameters_to_draw_can_be_named(fit: Callable[..., Result], tmp_path: Path) -> None:
    result = fit('ridge = 3.0\nparameters = ["c"]')
    factor = np.sqrt(3.0) / 0.5
    expected = solved(tmp_path, np.array([[0.0, factor]]), np.array([-0.5 * factor]), PLAIN)
    np.testing.assert_allclose(found(result), expected, rtol=1e-9)


def test_the_log_says_what_is_drawn_where(
    fit: Callable[..., Result], capsys: pytest.CaptureFixture[str]
) -> None:
    fit('ridge = 0.5\ntowards = "zero"\nparameters = ["c"]')
    assert "\nridge 0.5 towards zero: c\n" in capsys.readouterr().out
    fit("ridge = 0.5")
    assert "\nridge 0.5 towards their initial values: A, c\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("ridge", "tau", "message"),
    [
        (
            'ridge = 1.0\nparameters = ["C"]',
            "1.3",
            "15: regularization.parameters: no free parameter is called 'C'. Did you mean c?",
        ),
        (
            "ridge = 1.0",
            "{ initial = 0 }",
            "14: regularization.ridge: tau starts at 0, which is no size to measure it by. Start it "
            "elsewhere, or name the others in parameters.",
        ),
    ],
)
def test_what_cannot_be_drawn_is_told(
    fit: Callable[..., Result], tmp_path: Path, ridge: str, tau: str, message: str
) -> None:
    with pytest.raises(HpcfitError) as error:
        fit(ridge, tau=tau)
    assert str(error.value) == f"{tmp_path / 'job.toml'}:{message}"


def test_balanced_groups_have_the_same_influence(fit: Callable[..., Result], tmp_path: Path) -> None:
    result = fit(data="balance = true")
    few, many = (np.sqrt(40 / 2 / count) for count in (4, 36))
    nothing = np.zeros((0, 2))
    expected = solved(tmp_path, nothing, np.zeros(0), {"few": few, "many": many})
    np.testing.assert_allclose(found(result), expected, rtol=1e-9)
    plain = solved(tmp_path, nothing, np.zeros(0), PLAIN)
    np.testing.assert_allclose(found(fit()), plain, rtol=1e-9)


def test_a_group_without_weight_cannot_be_balanced(fit: Callable[..., Result], tmp_path: Path) -> None:
    fit()
    path = tmp_path / "decay.csv"
    first, *rows = path.read_text().splitlines()
    path.write_text("\n".join([f"{first},w", *(f"{row},{int(row.endswith('many'))}" for row in rows)]))
    with pytest.raises(HpcfitError) as error:
        fit(data='weight = "w"\nbalance = true')
    assert str(error.value) == (
        f"{path}: no row of the group 'few' has a weight above 0, so it cannot be given the influence of the "
        "others; leave it out by data.rows."
    )
