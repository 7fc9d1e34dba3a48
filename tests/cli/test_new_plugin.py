"""`hpcfit new-plugin`: what it writes can be installed, and its tests pass as they are."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpcfit.cli.plugin_package import TEMPLATES

REPOSITORY = Path(__file__).resolve().parents[2]
FILES = [
    ".gitignore",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "src/hpcfit_metals/__init__.py",
    "src/hpcfit_metals/plugin.py",
    "src/hpcfit_metals/potential.py",
    "src/hpcfit_metals/reader.py",
    "src/hpcfit_metals/residual.py",
    "src/hpcfit_metals/weights.py",
    "tests/test_plugin.py",
    "tests/test_potential.py",
    "tests/test_reader.py",
    "tests/test_residual.py",
    "tests/test_weights.py",
]
TOLD = """\
hpcfit-metals: a plugin metals with 15 files. Install and test it:
  cd hpcfit-metals
  pip install -e '.[test]'
  pytest
  hpcfit plugins
"""


def execute(folder: Path, *command: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **({} if path is None else {"PYTHONPATH": str(path)})}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def made(hpcfit: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("new")
    done = hpcfit("new-plugin", "hpcfit-metals", folder=folder)
    assert done.code == 0, done.err
    return folder / "hpcfit-metals", done.out


def test_all_files_are_written_and_what_comes_next_is_told(made: tuple[Path, str]) -> None:
    folder, told = made
    assert sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()) == FILES
    assert told == TOLD
    assert [each.name for each in folder.parent.iterdir()] == ["hpcfit-metals"]


def test_the_package_installs_and_its_tests_pass_as_generated(made: tuple[Path, str], tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="pip builds the plugin with hatchling")
    folder, _ = made
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    target = tmp_path / "site-packages"
    installed = execute(folder, "pip", "install", *options, "--target", str(target), str(folder))
    assert installed.returncode == 0, installed.stderr
    listed = execute(tmp_path, "hpcfit", "plugins", path=target)
    assert listed.stdout.endswith(
        "metals (installed with hpcfit-metals 0.1.0)\n  potentials: metals-pair\n  weights: "
        "metals-small-forces\n  residuals: metals-relative\n  readers: metals-lines\n"
    )
    tested = execute(folder, "pytest", "-q", "-p", "no:cacheprovider", path=target)
    assert tested.returncode == 0, tested.stdout
    assert "12 passed" in tested.stdout


def test_the_package_keeps_the_rules_of_style(made: tuple[Path, str]) -> None:
    pytest.importorskip("ruff")
    folder, _ = made
    for command in (["check", "--no-cache", "--select", "E,F,I,UP,B"], ["format", "--check", "--no-cache"]):
        done = execute(folder, "ruff", *command, ".")
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("numpy", "'numpy' cannot be the name of a plugin: Python has numpy already. Try hpcfit-numpy."),
        ("hpcfit", "'hpcfit' cannot be the name of a plugin: Python has hpcfit already. Try hpcfit-hpcfit."),
        ("class", "'class' cannot be the name of a plugin: Python has class already. Try hpcfit-class."),
        *(
            (
                name,
                f"{name!r} cannot be the name of a package: write a letter first, then letters and digits, "
                "with single - or _ between them, such as hpcfit-fracture.",
            )
            for name in ("3metals", "../metals", "a--b", "metals ", "é")
        ),
    ],
)
def test_a_name_that_no_package_can_have_is_refused(
    hpcfit: Callable[..., Any], tmp_path: Path, name: str, fault: str
) -> None:
    done = hpcfit("new-plugin", name, folder=tmp_path)
    assert (done.code, done.err) == (2, f"{fault}\n")
    assert not list(tmp_path.iterdir())


def test_names_are_those_that_installers_make_of_them(hpcfit: Callable[..., Any], tmp_path: Path) -> None:
    done = hpcfit("new-plugin", "My_Metals", "--folder", "deep/here", folder=tmp_path)
    assert done.code == 0, done.err
    text = (tmp_path / "deep" / "here" / "pyproject.toml").read_text()
    assert 'name = "my-metals"' in text
    assert 'my-metals = "my_metals.plugin"' in text


def test_a_folder_that_is_there_is_left_alone(hpcfit: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "hpcfit-metals").mkdir()
    assert hpcfit("new-plugin", "hpcfit-metals", folder=tmp_path).code == 0
    done = hpcfit("new-plugin", "hpcfit-metals", folder=tmp_path)
    expected = "hpcfit-metals is there already, and not empty. Give another name or --folder.\n"
    assert (done.code, done.err) == (2, expected)


def test_a_folder_that_cannot_be_written_is_told(hpcfit: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = hpcfit("new-plugin", "hpcfit-metals", "--folder", "file/here", folder=tmp_path)
    expected = "file/here cannot be written: file is no folder. Give another --folder.\n"
    assert (done.code, done.err) == (2, expected)


def test_the_wheel_of_hpcfit_holds_the_templates(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="builds the wheel")
    built = execute(REPOSITORY, "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {f"hpcfit/cli/plugin_template/{f.relative_to(TEMPLATES)}" for f in TEMPLATES.rglob("*.template")}
    assert len(wanted) == len(FILES)
    assert wanted <= names
