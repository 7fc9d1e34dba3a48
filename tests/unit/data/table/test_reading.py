"""Columns of tables: every way to write one is read, and what is no number is told with its line."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
import pytest

from hpcfit.data import write_dataset
from hpcfit.data.table import Columns, read_columns
from hpcfit.errors import DataError


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str, name: str = "t.csv", numbers: tuple[str, ...] = ("x", "y"), **options: object) -> Columns:
    Path(name).write_text(text)
    return read_columns(Path(name), None, numbers, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "x,y\n1,2\n3,4.5\n"),
        ("t.csv", "x, y\n1 , 2\n3, 4.5"),
        ("t.csv", "x;y\n1;2\n3;4.5\n"),
        ("t.tsv", "x\ty\n1\t2\n3\t4.5\n"),
        ("t.txt", "x y\n1 2\n3   4.5\n"),
        ("t.dat", "  x  y\n  1  2\n  3  4.5\n"),
        ("t.csv", "# made by hand\n\nx,y\n# first\n1,2\n\n3,4.5\n"),
        ("t.csv", '"x","y"\n"1","2"\n"3","4.5"\n'),
        ("t.csv", "y,z,x\n2,a,1\n4.5,b,3\n"),
        ("t.csv", "\ufeffx,y\r\n1,2\r\n3,4.5\r\n"),
        ("t.csv", "x,y\n1D0,2\n3,45d-1\n"),
        ("t.csv", "x [m], y (eV)\n1,2\n3,4.5\n"),
        ("t.csv", "x,y\n1,2,\n3,4.5,\n"),
    ],
)
def test_a_table_may_be_written_in_many_ways(name: str, text: str) -> None:
    found = read(text, name)
    np.testing.assert_array_equal(found.numbers["x"], [1.0, 3.0])
    np.testing.assert_array_equal(found.numbers["y"], [2.0, 4.5])


def test_a_compressed_table_is_read() -> None:
    Path("t.csv.gz").write_bytes(gzip.compress(b"x,y\n1,2\n"))
    assert read_columns(Path("t.csv.gz"), None, ("y",)).numbers["y"].tolist() == [2.0]


def test_units_are_what_stands_in_brackets() -> None:
    assert read("x [angstrom^3],y (eV)\n1,2\n").units == {"x": "angstrom^3", "y": "eV"}


@pytest.mark.parametrize("texts", [(), ("s",)])
def test_lines_are_those_of_the_file(texts: tuple[str, ...]) -> None:
    found = read("x,y,s\n1,2,7\n\n# 1,2,3\n3,4,8", texts=texts)
    assert found.line.tolist() == [2, 5]


def test_texts_are_read_beside_numbers_with_the_delimiter_in_quotes() -> None:
    found = read('x,name\n1,"a, b"\n2,c\n', numbers=("x",), texts=("name",))
    assert found.texts["name"].tolist() == ["a, b", "c"]


def test_lines_are_those_of_the_file_where_some_hold_nothing() -> None:
    found = read("x,y,s\n\n1,2,a\n# no row\n3,4,b\n", texts=("s",))
    assert found.line.tolist() == [3, 5]
    assert found.where(1) == "t.csv:5"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,y\n1,2\n3,\n", "t.csv:3: y is missing"),
        ("x,y\n1,2\n3\n", "t.csv:3: y is missing"),
        ("x,y\n1,NA\n", "t.csv:2: y is missing"),
        ("x,y\n1,nan\n", "t.csv:2: y is missing"),
        ("x,y\n1,2\n\n3,abc\n", "t.csv:4: y is 'abc', not a number"),
        ("x,y\n1,inf\n", "t.csv:2: y is inf, not a finite number"),
        ("x,y\n1,1e999\n", "t.csv:2: y is 1e999, not a finite number"),
    ],
)
def test_a_cell_that_is_no_number_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(DataError) as error:
        read(text)
    advice = 'Correct the file, or leave such rows out by data.missing = "skip".'
    assert str(error.value) == f"{message}.\n{advice}"


def test_of_many_bad_cells_the_first_five_are_told() -> None:
    with pytest.raises(DataError) as error:
        read("x,y\n" + "1,\n" * 8)
    lines = str(error.value).splitlines()
    assert lines[0] == "t.csv:2: y is missing;"
    assert lines[4:] == [
        "  t.csv:6: y is missing;",
        "  and 3 more cells.",
        'Correct the file, or leave such rows out by data.missing = "skip".',
    ]


def test_rows_that_lack_a_number_are_skipped_and_counted_when_asked_for() -> None:
    found = read("x,y\n1,2\n3,\nabc,4\n5,6\n", missing="skip")
    assert found.numbers["x"].tolist() == [1.0, 5.0]
    assert found.line.tolist() == [2, 5]
    assert found.notes == ("t.csv: 2 rows of 4 left out, for want of numbers",)


def test_where_every_row_lacks_a_number_the_first_is_told() -> None:
    with pytest.raises(DataError) as error:
        read("x,y\n1,abc\n3,\n", missing="skip")
    assert str(error.value) == (
        "t.csv: each of its 2 rows lacks a number; the first: t.csv:2: y is 'abc', not a number."
    )


def test_of_several_outputs_a_row_may_lack_some_but_not_all() -> None:
    text = "x,y,z\n1,2,\n3,,4\n5,,\n"
    found = read(text, numbers=("x", "y", "z"), optional=("y", "z"), missing="skip")
    np.testing.assert_array_equal(found.numbers["y"], [2.0, np.nan])
    np.testing.assert_array_equal(found.numbers["z"], [np.nan, 4.0])
    assert found.notes == ("t.csv: 1 row of 3 left out, for want of numbers",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv: holds no table; its first line must name the columns."),
        ("# nothing\n", "t.csv: holds no table; its first line must name the columns."),
        ("x,y\n", "t.csv: holds no rows."),
        ("PK\x03\x04\x14\x00", "t.csv: is not plain text. Save a sheet as CSV, and text as UTF-8."),
        (
            "x;y\n1,5;2,0\n",
            "t.csv:2: x is '1,5', not a number;\n  t.csv:2: y is '2,0', not a number.\nWrite decimal points "
            "in place of the commas.",
        ),
        (
            "1,2\n3,4\n",
            "t.csv:1: holds numbers where the names of the columns must stand. Write a line such as 'x,y' "
            "above it.",
        ),
        ("x,Y\n1,2\n", "t.csv:1: there is no column y. Did you mean Y? Columns are x, Y."),
        ("x,yy\n1,2\n", "t.csv:1: there is no column y. Did you mean yy? Columns are x, yy."),
        ("x,y,y\n1,2,3\n", "t.csv:1: 2 columns are called y; rename all but one."),
        (
            "x,y\n1,a\n1,2,3\n",
            "t.csv:3: has 3 cells, but there are 2 columns. Put texts that contain the delimiter in quotes, "
            "or remove what is too much.",
        ),
        (
            "x,y\n1,2\n1,2,3\n",
            "t.csv:3: has 3 cells, but there are 2 columns. Put texts that contain the delimiter in quotes, "
            "or remove what is too much.",
        ),
    ],
)
def test_what_is_no_table_is_refused(text: str, message: str) -> None:
    with pytest.raises(DataError) as error:
        read(text)
    assert str(error.value) == message


def test_a_file_that_is_not_there_or_no_text_is_refused() -> None:
    with pytest.raises(DataError, match=r"^no\.csv: no such file\.$"):
        read_columns(Path("no.csv"), None, ("x",))
    Path("b.csv").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(DataError, match=r"^b\.csv: is not plain text\. Save a sheet"):
        read_columns(Path("b.csv"), None, ("x",))
    whole = gzip.compress(b"x,y\n" + b"1,2\n" * 20)
    for broken in (whole[:-9], whole[:12] + b"\xff" + whole[13:], b"\x1f\x8bjunk"):
        Path("c.csv.gz").write_bytes(broken)
        with pytest.raises(DataError, match=r"^c\.csv\.gz: cannot be read \(.*\)\. Copy it here anew\.$"):
            read_columns(Path("c.csv.gz"), None, ("x",))


def test_a_table_of_a_dataset_is_read_by_its_name() -> None:
    write_dataset("d.h5", [], tables={"eos": {"x": np.array([1.0, 2.0]), "g": np.array([1.0, 2.5])}})
    found = read_columns(Path("d.h5"), "eos", ("x",), ("g",))
    assert found.numbers["x"].tolist() == [1.0, 2.0]
    assert found.texts["g"].tolist() == ["1", "2.5"]
    assert found.where(1) == "d.h5:eos:1"
    with pytest.raises(DataError) as error:
        read_columns(Path("d.h5"), "eos", ("z",))
    assert str(error.value) == "d.h5:eos: there is no column z. Columns are g, x."
    with pytest.raises(DataError) as error:
        read_columns(Path("d.h5"), "eos", ("x",), ("gg",))
    assert str(error.value) == "d.h5:eos: there is no column gg. Did you mean g? Columns are g, x."
    with pytest.raises(DataError) as error:
        read_columns(Path("d.h5"), None, ("x",))
    assert str(error.value) == "d.h5: a dataset; name its table, d.h5:eos. Tables are eos."
    write_dataset("empty.h5", [])
    with pytest.raises(DataError) as error:
        read_columns(Path("empty.h5"), None, ("x",))
    assert str(error.value) == "empty.h5: a dataset without tables; make one with `hpcfit import --table`."
    with pytest.raises(DataError) as error:
        read_columns(Path("d.h5"), "oes", ("x",))
    assert str(error.value) == "d.h5: has no table 'oes'. Tables there are: eos."


def test_the_content_changes_with_any_number_or_text() -> None:
    first = read("x,y,s\n1,2,a\n", texts=("s",)).content()
    assert first == read("x;y;s\n1.0;2;a\n", texts=("s",)).content()
    assert first != read("x,y,s\n1,2,b\n", texts=("s",)).content()
    assert first != read("x,y,s\n1,2.5,a\n", texts=("s",)).content()
    many = read("x,y,s\n" + "1,2,a\n" * 70_000, texts=("s",))
    whole = hashlib.sha256(
        b"x\0"
        + np.ones(70_000).tobytes()
        + b"y\0"
        + (2.0 * np.ones(70_000)).tobytes()
        + b"s"
        + b"\0a" * 70_000
    )
    assert many.content() == f"sha256:{whole.hexdigest()}"
