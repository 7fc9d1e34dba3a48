"""`hpcfit import --table`: a text file becomes a table of a dataset, which a job can name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpcfit.cli.import_data import import_data
from hpcfit.cli.inspect_data import inspect_data
from hpcfit.data import Dataset
from hpcfit.errors import DataError
from hpcfit.workflow.check import check_job

TEXT = "name,x [m],y\na,1,2.5\nb,2,0.1\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TEXT)


def test_the_numbers_of_a_text_file_become_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    import_data([Path("t.csv")], Path("d.h5"), table="line")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["read      2 rows from t.csv", "columns   x, y", "left out  name: no numbers"]
    assert lines[3].startswith("wrote     d.h5  sha256:")
    with Dataset.open("d.h5") as dataset:
        table = dataset.table("line")
        assert dataset.provenance[0]["summary"] == "2 rows of table line"
    np.testing.assert_array_equal(table["y"], [2.5, 0.1])
    assert sorted(table) == ["x", "y"]


def test_a_job_and_inspect_see_it(capsys: pytest.CaptureFixture[str]) -> None:
    import_data([Path("t.csv")], Path("d.h5"), table="line")
    Path("job.toml").write_text(
        '[data]\ntable = "d.h5:line"\ny = ["y"]\n[model]\nformula = "a*x"\n'
        "parameters = { a = { initial = 1 } }\n"
    )
    told = check_job(Path("job.toml"), 1)
    assert "train          d.h5:line: 2 rows" in told
    assert "columns        y of x (m)" in told  # units are kept beside
    capsys.readouterr()
    inspect_data(Path("d.h5"))
    assert "line (2 rows)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "sources", "message"),
    [
        (TEXT, ["t.csv", "t.csv"], "--table: one file is expected, not 2."),
        (TEXT, ["u.csv"], "u.csv: no such file."),
        ("a\nb\n", ["t.csv"], "t.csv: no column has numbers."),
        ("x\n1\nb\n", ["t.csv"], "t.csv:3: x is 'b', not a number."),
    ],
)
def test_what_is_no_table_is_refused(text: str, sources: list[str], message: str) -> None:
    Path("t.csv").write_text(text)
    with pytest.raises(DataError) as error:
        import_data([Path(each) for each in sources], Path("d.h5"), table="line")
    assert str(error.value).startswith(message)
    assert not Path("d.h5").exists()


def test_what_is_there_is_replaced_by_force_only() -> None:
    import_data([Path("t.csv")], Path("d.h5"), table="line")
    with pytest.raises(DataError, match=r"^d\.h5: exists already; use --force to replace it"):
        import_data([Path("t.csv")], Path("d.h5"), table="line")
    import_data([Path("t.csv")], Path("d.h5"), table="other", force=True)
    with Dataset.open("d.h5") as dataset:
        assert dataset.table_names == ("other",)
