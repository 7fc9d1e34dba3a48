"""`hpcfit.fit_table`: the same bits as the job file, from files and from arrays; faults name arguments."""

from __future__ import annotations

import pickle
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hpcfit
from hpcfit import Free

ROOT = Path(__file__).parents[2]
T = np.linspace(0.0, 4.0, 9)
SIGNAL = np.round(2.0 * np.exp(-T / 3.0) + 0.05 * np.cos(7 * T), 6)
TABLE = {"t": T, "y": SIGNAL, "sample": np.array([1, 2, 3] * 3), "name": np.array(["a", 'b"', "c,"] * 3)}
KEYWORDS: Mapping[str, Any] = {
    "y": "y",
    "formula": "A*exp(-t/tau)",
    "parameters": {"A": Free(1.0, min=0.0), "tau": Free(2.0, min=0.1)},
    "progress": False,
}
JOB = """\
[data]
table = "t.csv"
y = ["y"]
{group}
[model]
formula = "A*exp(-t/tau)"
{per_group}
parameters = {{ A = {{ initial = 1, min = 0 }}, tau = {{ initial = 2, min = 0.1 }} }}
"""


def by_job(folder: Path, group: str = "", per_group: str = "") -> hpcfit.Fit:
    names = list(TABLE)
    rows = zip(*(TABLE[name].tolist() for name in names), strict=True)
    quoted = [",".join('"' + str(cell).replace('"', '""') + '"' for cell in row) for row in [names, *rows]]
    (folder / "t.csv").write_text("\n".join(quoted) + "\n")
    (folder / "job.toml").write_text(JOB.format(group=group, per_group=per_group))
    return hpcfit.run(folder / "job.toml", progress=False)


def test_arrays_give_the_same_bits_as_the_job_file(tmp_path: Path) -> None:
    expected = by_job(tmp_path)
    numbers = {name: TABLE[name] for name in ("t", "y")}
    for table in (numbers, TABLE, tmp_path / "t.csv"):
        found = hpcfit.fit_table(table, **KEYWORDS)
        assert found.values == expected.values
        assert found.loss == expected.loss
        assert found.history == expected.history


@pytest.mark.parametrize("column", ["sample", "name"])
def test_groups_of_numbers_and_of_texts(tmp_path: Path, column: str) -> None:
    expected = by_job(tmp_path, f'group = "{column}"', 'per_group = ["A"]')
    found = hpcfit.fit_table(TABLE, group=column, per_group=["A"], **KEYWORDS)
    assert found.values == expected.values
    assert len(found.values) == 4
    numbers = {name: TABLE[name] for name in ("t", "y", "sample")}
    if column == "sample":
        assert hpcfit.fit_table(numbers, group=column, per_group=["A"], **KEYWORDS).values == expected.values


def test_groups_of_unlike_size_are_balanced(tmp_path: Path) -> None:
    words: Mapping[str, Any] = {"group": "name", "rows": "t > 0.4", **KEYWORDS}
    found = hpcfit.fit_table(TABLE, balance=True, **words)
    assert found.values == by_job(tmp_path, 'group = "name"\nrows = ["t > 0.4"]\nbalance = true').values
    assert found.values != hpcfit.fit_table(TABLE, **words).values
    with pytest.raises(hpcfit.HpcfitError) as error:
        hpcfit.fit_table(TABLE, balance=True, **KEYWORDS)
    assert str(error.value) == (
        "fit_table(): balance: there are no groups; give group, a column whose values tell them apart."
    )


def test_what_is_returned_predicts_other_rows_and_survives_pickling(tmp_path: Path) -> None:
    fit = hpcfit.fit_table(TABLE, folder=tmp_path / "run", **KEYWORDS)
    expected = fit["A"] * np.exp(-np.array([10.0, 12.0]) / fit["tau"])
    for each in (fit, pickle.loads(pickle.dumps(fit)), hpcfit.load(tmp_path / "run")):
        np.testing.assert_allclose(each.predict_table({"t": [10.0, 12.0]})["y"], expected, rtol=1e-14)
    with pytest.raises(hpcfit.RunError) as error:
        _ = fit.potential
    assert str(error.value) == "this is a fit of a table; fit.predict_table(table) predicts rows."


def test_the_job_of_a_fit_starts_from_the_values_found(tmp_path: Path) -> None:
    fit = by_job(tmp_path, 'group = "name"', 'per_group = ["A"]')
    model = tomllib.loads(fit.to_toml())["model"]
    assert model["parameters"]["tau"] == {"initial": fit["tau"], "min": 0.1}
    assert model["group_parameters"]["c,"]["A"] == {"initial": fit["c,.A"], "min": 0}
    (tmp_path / "again.toml").write_text(
        fit.to_toml().replace('"run"', '"again"') + '[run]\nfolder = "again"\n'
    )
    again = hpcfit.run(tmp_path / "again.toml", progress=False)
    assert again.loss == pytest.approx(fit.loss, rel=1e-12)


class Frame:
    """What is used of a DataFrame: `columns`, and a column by its name."""

    columns = ("t", "y", "name")

    def __getitem__(self, name: str) -> Any:
        return TABLE[name].astype(object)


def test_tables_and_functions_of_python_are_those_of_names_and_texts() -> None:
    expected = hpcfit.fit_table(TABLE, group="name", per_group=["A"], **KEYWORDS)
    rows = list(zip(*(TABLE[name].tolist() for name in Frame.columns), strict=True))
    records = np.array(rows, dtype=[("t", "f8"), ("y", "f8"), ("name", "U2")])
    words: dict[str, Any] = {**KEYWORDS, "formula": lambda t, A, tau: A * np.exp(-t / tau)}
    for table in (Frame(), records):
        found = hpcfit.fit_table(table, group="name", per_group=["A"], **words)
        assert found.values == expected.values
    words |= {"formula": lambda t, A, tau=2.5: A * np.exp(-t / tau), "parameters": {"A": Free(1.0)}}
    assert hpcfit.fit_table(TABLE, **words)["tau"] == 2.5
    loose = {
        name: np.array([*TABLE[name], None if name == "name" else np.float64(7.0)], object) for name in TABLE
    }
    again = hpcfit.fit_table(loose, group="name", per_group=["A"], missing="skip", **KEYWORDS)
    assert again.values == expected.values
    with pytest.raises(hpcfit.HpcfitError) as error:
        hpcfit.fit_table(TABLE, **{**words, "formula": lambda t, A: A * int(t)})
    assert str(error.value).startswith("fit_table(): formula: ")
    assert ": a plain number is needed here, and a variable or parameter is none yet." in str(error.value)


def test_a_fit_starts_from_another() -> None:
    first = hpcfit.fit_table(TABLE, **KEYWORDS)
    second = hpcfit.fit_table(TABLE, start_from=first, **KEYWORDS)
    assert second.history[0] == pytest.approx(first.loss, rel=1e-12)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"y": "z"}, "fit_table(): table: there is no column z. Columns are"),
        ({"formula": None}, "fit_table(): formula is missing: a formula of columns and parameters, or the"),
        (
            {"formula": None, "model": "vinett"},
            "fit_table(): model: unknown model 'vinett'. Did you mean vinet?",
        ),
        ({"rows": "t > 5"}, "fit_table(): table: no row has t > 5."),
        (
            {"optimizer": {"name": "geodesic-lm", "max_iteration": 3}},
            "fit_table(): optimizer.max_iteration is",
        ),
        (
            {"parameters": {"A": 1.0, "tau": 2.0}},
            "fit_table(): parameters: every parameter is fixed, nothing is fitted. Free one, such as "
            'parameters={"A": hpcfit.Free(1.0)}.',
        ),
    ],
)
def test_faults_name_the_arguments(changed: Mapping[str, Any], message: str) -> None:
    numbers = {name: TABLE[name] for name in ("t", "y")}
    with pytest.raises(hpcfit.HpcfitError) as error:
        hpcfit.fit_table(numbers, **{**KEYWORDS, **changed})
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            [1, 2],
            "fit_table(): table: a path, a dict of arrays such as {'x': [1, 2]} or a DataFrame is expected, "
            "not [1, 2].",
        ),
        ({"t": [1, 2], "y": [1]}, "fit_table(): table: column y has shape (1,), column t (2,)."),
        ({"t": [1, 2], "y": [1, np.nan]}, "fit_table(): table:3: y is missing."),
        (
            {"t": [[1], [2]], "y": [1, 2]},
            "fit_table(): table: column t has shape (2, 1); a number for each row, (n,), is expected.",
        ),
        (
            {"t": [1, 2], "u": [1, 2]},
            "fit_table(): table: there is no column y. Columns are t, u.",
        ),
    ],
)
def test_a_table_that_is_none_is_refused(table: Any, message: str) -> None:
    with pytest.raises(hpcfit.HpcfitError) as error:
        hpcfit.fit_table(table, **KEYWORDS)
    assert str(error.value).startswith(message)
