"""docs/plugins.md: every hook has a section, and what its examples register works in a fit."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import hpcfit.testing
from hpcfit.data import ReadOptions, configuration, write_dataset
from hpcfit.data.importing import import_dataset
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.registry import Registry, hookspecs
from hpcfit.workflow.run import run_job

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
HOOKS = [name for name in vars(hookspecs) if name.startswith("hpcfit_")]
FILES = {
    text.split("\n", 1)[0].removeprefix("# "): text
    for text in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
}
EXAMPLES = {name: text for name, text in FILES.items() if not name.startswith("test_")}
#: where tests are that exercise a hook through a plugin
HOOK_TESTS = Path(__file__).parents[1] / "workflow" / "test_hooks.py"
JOB = """
[data]
train = "argon.h5"
[[potential]]
name = "lennard-jones"
species = ["Ar"]
[potential.parameters]
epsilon = { initial = 0.01 }
sigma = { initial = 3.4 }
[plugins]
load = ["PLUGIN"]
"""
EPSILON, SIGMA = 0.0104, 3.41


def section(hook: str) -> str:
    return PAGE[PAGE.index(f"\n## `{hook}`\n") :].split("\n## ", 2)[1]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_section_with_an_example_that_uses_it(hook: str) -> None:
    assert f"def {hook}(" in section(hook)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test_that_exercises_it_through_a_plugin(hook: str) -> None:
    source = HOOK_TESTS.read_text(encoding="utf-8")
    tree = ast.parse(source)
    tests = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert any(name.startswith(f"test_{hook}_") for name in tests)
    (plugin,) = (
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "PLUGIN"
    )
    assert f"@hookimpl\ndef {hook}(" in plugin


@pytest.mark.parametrize("hook", HOOKS)
def test_the_table_of_hooks_names_each_with_the_check_of_its_kind(hook: str) -> None:
    (row,) = re.findall(rf"^\| \[`{hook}`\]\(#{hook}\) \| .* \| (.*)\|$", PAGE, re.MULTILINE)
    singular = {"hpcfit_weights": "check_weight"}.get(hook, hook.replace("hpcfit_", "check_").rstrip("s"))
    assert row.strip() == (f"`{singular}`" if hasattr(hpcfit.testing, singular) else "")


def test_every_check_has_a_section_with_its_arguments() -> None:
    for name in (each for each in hpcfit.testing.__all__ if each.startswith("check_")):
        text = PAGE[PAGE.index(f"\n### `{name}`\n") :]
        arguments = inspect.signature(getattr(hpcfit.testing, name)).parameters.values()
        first_keyword = next(k for k, each in enumerate(arguments) if each.kind is each.KEYWORD_ONLY)
        names = [each.name for each in arguments]
        assert f"`{name}({', '.join([*names[:first_keyword], '*', *names[first_keyword:]])})`" in text


def test_the_tests_of_the_examples_pass(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_my_parts.py"]
    environment = {**os.environ, "PYTHONPATH": "."}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


@pytest.mark.parametrize("file", EXAMPLES)
def test_what_an_example_registers_is_of_its_kind(file: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(EXAMPLES[file])
    registry = Registry(tmp_path)
    registry.load_local(file)
    provided = registry.provided(file)
    assert provided or registry.observes(file)
    for kind, names in provided.items():
        for name in names:
            registry.find(kind, name)


@pytest.mark.parametrize(
    ("potential", "species"),
    [
        ("site_morse.py:MORSE", ["Ar"]),
        ("site_buckingham.py:BUCKINGHAM", ["Si", "C"]),
    ],
)
def test_the_examples_of_potentials_that_are_code_keep_their_promises(
    potential: str, species: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = potential.partition(":")[0]
    (tmp_path / file).write_text(EXAMPLES[file])
    distance = 2.2 if "buckingham" in file else None
    (report,) = hpcfit.testing.check_potential(potential, species, distance=distance)
    assert report.deviations["forces"] < 1e-9
    assert report.deviations["parameters"] < 1e-6


@pytest.fixture
def fit(tmp_path: Path) -> Callable[..., tuple[int, dict[str, float]]]:
    """fit(file, tables): exit code and parameters of a fit of argon dimers with an example loaded."""
    dimers = []
    for distance in np.linspace(3.3, 5.0, 6):
        energy = 4 * EPSILON * sum(s * (SIGMA / distance) ** n for s, n in ((1, 12), (-1, 6)))
        positions = [[0.0, 0.0, 0.0], [distance, 0.0, 0.0]]
        dimers.append(configuration(f"{distance:.2f}", [18, 18], positions, energy=energy))
    write_dataset(tmp_path / "argon.h5", dimers)

    def run(file: str, tables: str = "") -> tuple[int, dict[str, float]]:
        (tmp_path / file).write_text(EXAMPLES[file])
        job = tmp_path / "job.toml"
        job.write_text(JOB.replace("PLUGIN", file) + "[targets]\nforces = false\n" + tables)
        code = run_job(SerialCommunicator(), job)
        result = json.loads((tmp_path / "run" / "result.json").read_text())
        return code, {entry["name"]: entry["value"] for entry in result["parameters"]}

    return run


@pytest.mark.parametrize(
    ("file", "tables"),
    [
        ("by_size.py", '[weights]\nname = "by-size"\npower = 1.0\n'),
        ("relative_error.py", '[residual]\nname = "relative-error"\ndata = { floor = 0.01 }\n'),
        ("per_root.py", '[residual]\nname = "per-root"\n'),
        ("gauss_newton.py", '[optimizer]\nname = "gauss-newton"\n'),
        ("watch.py", ""),
    ],
)
def test_an_example_takes_part_in_a_fit(
    file: str, tables: str, fit: Callable[..., tuple[int, dict[str, float]]]
) -> None:
    code, found = fit(file, tables)
    assert code == 0
    # The energies of the catalogue's potential are shifted to zero at its cutoff of 3 sigma.
    assert found["epsilon"] == pytest.approx(EPSILON, rel=0.02)
    assert found["sigma"] == pytest.approx(SIGMA, rel=0.01)


def test_the_example_of_a_hook_after_each_iteration_sees_all_of_them(
    fit: Callable[..., tuple[int, dict[str, float]]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit("watch.py")
    events = (tmp_path / "run" / "events.jsonl").read_text().splitlines()
    assert len(re.findall(r"^\d+: \S+ at \[", capsys.readouterr().out, re.MULTILINE)) == len(events)


def test_the_example_of_a_reader_imports_its_format(tmp_path: Path) -> None:
    (tmp_path / "lines_reader.py").write_text(EXAMPLES["lines_reader.py"])
    registry = Registry(tmp_path)
    registry.load_local("lines_reader.py")
    source = tmp_path / "dimer.lines"
    source.write_text("2 -0.0103\n0 0 0\n0 0 3.8\n")
    readers = {"argon-lines": registry.find("readers", "argon-lines")}
    found = import_dataset([source], tmp_path / "argon.h5", readers, ReadOptions())
    assert [made.energy for made in found.configurations] == [-0.0103]
    assert found.configurations[0].symbols == ("Ar", "Ar")
