"""Objects and plugins from Python files in a job's folder."""

import pytest

from hpcfit.errors import PluginError
from hpcfit.registry import is_reference
from hpcfit.registry.local_files import LocalFiles


@pytest.fixture
def files(tmp_path):
    return LocalFiles(tmp_path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("my.py:f", True), ("sub/my.py:f", True), ("constant", False), ("my.py", False), ("a:b", False)],
)
def test_a_reference_is_a_python_file_and_a_name(name, expected):
    assert is_reference(name) == expected


def test_an_object_is_taken_from_a_file(tmp_path, files):
    (tmp_path / "my file.py").write_text("def crack():\n    return 3\n")
    assert files.object("my file.py:crack")() == 3


def test_a_file_is_executed_once(tmp_path, files):
    (tmp_path / "my.py").write_text("a = object()\nb = a\n")
    assert files.object("my.py:a") is files.object("my.py:b")


def test_a_file_saved_again_within_a_second_is_read_anew(tmp_path):
    for value in (1, 2):
        (tmp_path / "my.py").write_text(f"def f(): return {value}\n")
        assert LocalFiles(tmp_path).object("my.py:f")() == value


def test_no_compiled_file_is_left_beside_the_job(tmp_path, files):
    (tmp_path / "my.py").write_text("x = 1\n")
    files.module("my.py")
    assert [path.name for path in tmp_path.iterdir()] == ["my.py"]


def test_a_dataclass_in_a_file_knows_its_module(tmp_path, files):
    (tmp_path / "my.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass(frozen=True)\nclass Mine:\n    x: float = 1.0\n"
    )
    assert files.object("my.py:Mine")().x == 1.0


@pytest.mark.parametrize(
    ("source", "reference", "fault"),
    [
        ("def crack(): pass\n", "my.py:crak", r"^my\.py defines no 'crak'\. Did you mean crack\?$"),
        ("x = 1\ny = x.z\n", "my.py:f", r"^my\.py cannot be loaded: .*my\.py:2: AttributeError: "),
        ("x = 1\n\n  y\n", "my.py:f", r"^my\.py cannot be loaded: .*my\.py:3: IndentationError: "),
        ("raise SystemExit(3)\n", "my.py:f", r"^my\.py cannot be loaded: .*my\.py:1: SystemExit: 3$"),
        ("x = 1\n", "other.py:f", r"^other\.py cannot be read \(.*other\.py: No such file or directory\)\.$"),
    ],
)
def test_what_cannot_be_used_is_told_with_file_and_line(tmp_path, files, source, reference, fault):
    (tmp_path / "my.py").write_text(source)
    with pytest.raises(PluginError, match=fault):
        files.object(reference)
