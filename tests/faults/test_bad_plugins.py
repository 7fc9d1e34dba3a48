"""Plugins that cannot be used, in runs on two ranks: one message, with plugin or file, and no traceback."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from installed_plugin import install_plugin

pytestmark = pytest.mark.mpi
Launch = Callable[..., Any]

HOOK = """
from hpcfit.registry import hookimpl

@hookimpl
def hpcfit_{kind}({arguments}):
    return {result}
"""


def hook(kind: str, result: str, arguments: str = "") -> str:
    return HOOK.format(kind=kind, result=result, arguments=arguments)


@pytest.fixture
def run(hpcfit: Launch, silicon: Any) -> Callable[..., Any]:
    """run(*edits, installed={name: source}) runs the small silicon job on two ranks."""

    def launch(*edits: tuple[str, str], installed: dict[str, str] | None = None) -> Any:
        site = silicon.folder / "site-packages"
        for name, source in (installed or {}).items():
            install_plugin(site, name, source)
        silicon.write(*edits)
        return hpcfit(
            "run", "job.toml", ranks=2, folder=silicon.folder, environment={"PYTHONPATH": str(site)}
        )

    return launch


def local(folder: Path, source: str) -> tuple[str, str]:
    """The edit that makes the job load a file."""
    (folder / "mine.py").write_text(source)
    return ("[run]", '[plugins]\nload = ["mine.py"]\n\n[run]')


def told_once(done: Any, pattern: str) -> None:
    """The run was refused, and a line of standard error matches; no rank says more."""
    assert done.code == 2, done.err
    lines = [line for line in done.err.splitlines() if line.strip()]
    assert len(lines) == 1, done.err
    assert re.fullmatch(pattern, lines[0]), lines[0]


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("x = 1\nraise RuntimeError('no licence')\n", r".*mine\.py:2: RuntimeError: no licence"),
        (
            "import quantum_fudge\n",
            r".*mine\.py:1: needs the package quantum_fudge, which is not installed: "
            "pip install quantum_fudge",
        ),
    ],
)
def test_a_local_file_that_cannot_be_loaded_is_told_once(
    run: Callable[..., Any], silicon: Any, source: str, fault: str
) -> None:
    told_once(
        run(local(silicon.folder, source)),
        rf"job\.toml:\d+: plugins\.load\[0\]: mine\.py cannot be loaded: {fault}",
    )


def test_a_hook_with_wrong_arguments_is_told_once(run: Callable[..., Any], silicon: Any) -> None:
    told_once(
        run(local(silicon.folder, hook("iteration", "None", "evnt"))),
        r"job\.toml:\d+: plugins\.load\[0\]: plugin mine\.py: hpcfit_iteration takes \(event\), not "
        r"\(evnt\)\. Name its arguments so \(.*mine\.py:4\)\.",
    )


def test_an_installed_plugin_that_fails_stops_no_job_that_does_without_it(run: Callable[..., Any]) -> None:
    done = run(installed={"broken": "raise RuntimeError('no licence')\n"})
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("import quantum_fudge\n", r".*_odd\.py:1: needs the package quantum_fudge, which is .*"),
        (hook("weights", "[1]"), r"hpcfit_weights must return a dictionary of names, not \[1\]\."),
    ],
)
def test_a_name_that_is_missing_is_told_with_the_plugin_that_failed(
    run: Callable[..., Any], source: str, fault: str
) -> None:
    done = run(('name = "constant"', 'name = "heavy"'), installed={"odd": source})
    told_once(
        done,
        r"job\.toml:\d+: weights\.name: unknown weight scheme 'heavy'\. Known: .* Plugin odd failed to load: "
        rf"{fault}",
    )


def test_a_thing_of_another_kind_is_told_with_its_plugin(run: Callable[..., Any]) -> None:
    done = run(
        ('name = "constant"', 'name = "heavy"'), installed={"odd": hook("weights", '{"heavy": [1.0, 2.0]}')}
    )
    told_once(
        done,
        r"job\.toml:\d+: weights\.name: heavy of plugin odd \(installed with odd-package 1\.2\) cannot be a "
        r"weight scheme: it must be a class with a method weights\(configuration\)\.",
    )


def test_a_potential_that_is_none_is_told(run: Callable[..., Any]) -> None:
    done = run(
        ('name = "stillinger-weber-kim"', 'name = "mine"'),
        installed={"odd": hook("potentials", '{"mine": lambda: 3}')},
    )
    told_once(done, r"job\.toml:\d+: potential\[0\]\.name: mine returned int, not a FormulaPotential\.")


def test_a_name_that_is_taken_is_told_with_both_plugins(run: Callable[..., Any]) -> None:
    done = run(installed={"odd": hook("weights", '{"constant": 3}')})
    told_once(
        done,
        r"job\.toml:\d+: weights\.name: weight scheme 'constant' is registered by both hpcfit \(built in\) "
        r"and odd \(installed with odd-package 1\.2\)\. Uninstall or rename one of them\.",
    )


def test_a_plugin_that_takes_long_is_told_of_in_the_log_once(run: Callable[..., Any], silicon: Any) -> None:
    done = run(installed={"idle": f"import time\ntime.sleep(3.05)\n{hook('weights', '{}')}"})
    assert done.code == 0, done.err
    pattern = r"note: plugin idle took 3\.\d s to load\. Let it import heavy libraries inside the functions "
    assert len(re.findall(pattern, done.out)) == 1
    assert len(re.findall(pattern, (silicon.run / "log.txt").read_text())) == 1
