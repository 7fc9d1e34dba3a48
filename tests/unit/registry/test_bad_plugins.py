"""Plugins that cannot be used: each is told of in a sentence that names it and says what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from hpcfit import __version__
from hpcfit.errors import PluginError
from hpcfit.registry import Registry
from hpcfit.registry import loaded as loaded_module
from hpcfit.registry.requirement import unmet

HOOK = """
from hpcfit.registry import hookimpl

@hookimpl
def hpcfit_{kind}({arguments}):
    return {result}
"""


def hook(result: str, kind: str = "weights", arguments: str = "") -> str:
    return HOOK.format(kind=kind, result=result, arguments=arguments)


@pytest.fixture
def loaded(tmp_path: Path, install: Any) -> Any:
    """loaded(source, requires) is a registry with that plugin installed, and what is known of it."""

    def load(source: str, requires: tuple[str, ...] = ()) -> tuple[Registry, Any]:
        install("mine", source, requires)
        registry = Registry(tmp_path)
        registry.load_installed()
        return registry, registry.plugins[1]

    return load


def test_a_package_that_is_missing_is_named_with_the_command_that_installs_it(loaded: Any) -> None:
    _, plugin = loaded("import sys\nimport quantum_fudge.rates\n")
    assert re.fullmatch(
        r"/.*/plugin_.*_mine\.py:2: needs the package quantum_fudge, which is not installed: "
        r"pip install quantum_fudge",
        plugin.error,
    )


def test_a_missing_part_of_a_package_that_is_there_is_told_as_python_does(loaded: Any) -> None:
    _, plugin = loaded("import numpy.fudge\n")
    assert plugin.error.endswith("_mine.py:1: ModuleNotFoundError: No module named 'numpy.fudge'")


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("import hpcfit.fudge\n", "No module named 'hpcfit.fudge'"),
        (
            "from hpcfit.weights import Fudge\n",
            r"cannot import name 'Fudge' from 'hpcfit.weights' \(.*/weights/__init__.py\)",
        ),
    ],
)
def test_a_part_that_this_hpcfit_does_not_have_is_told(loaded: Any, source: str, cause: str) -> None:
    _, plugin = loaded(source)
    assert re.fullmatch(
        rf"/.*_mine\.py:1: needs what this version of hpcfit \({__version__}\) does not have \({cause}\)\. "
        r"Install a matching version of the plugin or of hpcfit\.",
        plugin.error,
    )


def test_a_plugin_for_a_newer_hpcfit_is_not_loaded(loaded: Any) -> None:
    _, plugin = loaded("raise RuntimeError('not reached')\n", ("numpy>=2", "hpcfit[ase]>=0.1,>=7.2"))
    assert plugin.error == (
        f"plugin mine: needs hpcfit >=7.2, and this is {__version__}: pip install --upgrade hpcfit"
    )


@pytest.mark.parametrize(
    ("requirement", "version", "told"),
    [
        ("hpcfit>=0.2", "0.1.0", "needs hpcfit >=0.2, and this is 0.1.0: pip install --upgrade hpcfit"),
        ("hpcfit (~=1.3)", "1.2.9", "needs hpcfit ~=1.3, and this is 1.2.9: pip install --upgrade hpcfit"),
        ("HPCFIT >1.2", "1.2.0", "needs hpcfit >1.2, and this is 1.2.0: pip install --upgrade hpcfit"),
        ("hpcfit<1", "1.0", "needs hpcfit <1, and this is 1.0: install a newer version of the plugin"),
        ("hpcfit>=0.2,<1", "0.10.3", None),
        ("hpcfit", "0.1.0", None),
        ("hpcfit==0.3", "0.1.0", None),  # which releases equal which is for installers to know
        ('hpcfit>=9; extra == "fast"', "0.1.0", None),
        ("hpcfit-fracture>=9", "0.1.0", None),
    ],
)
def test_what_a_plugin_requires_is_compared_with_this_hpcfit(
    requirement: str, version: str, told: str | None
) -> None:
    assert unmet([requirement], version) == told


def test_a_hook_with_wrong_arguments_is_told_with_its_line(loaded: Any) -> None:
    _, plugin = loaded(hook("None", "iteration", "evnt"))
    assert re.fullmatch(
        r"plugin mine: hpcfit_iteration takes \(event\), not \(evnt\)\. Name its arguments so "
        r"\(/.*_mine\.py:4\)\.",
        plugin.error,
    )


def test_a_hook_without_arguments_it_does_not_need_is_fine(loaded: Any) -> None:
    _, plugin = loaded(hook("None", "iteration", ""))
    assert plugin.error is None


def test_a_thing_of_another_kind_is_told_with_its_plugin(loaded: Any) -> None:
    registry, _ = loaded(hook('{"odd": 3}'))
    with pytest.raises(PluginError) as caught:
        registry.find("weights", "odd")
    assert str(caught.value) == (
        "odd of plugin mine (installed with mine-package 1.2) cannot be a weight scheme: it must be a class "
        "with a method weights(configuration)."
    )
    assert registry.misfits("mine") == (
        "odd cannot be a weight scheme: it must be a class with a method weights(configuration).",
    )
    assert registry.misfits("hpcfit") == ()


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        ("None", "None"),
        ("[1, 2]", r"\[1, 2\]"),
        ("{3: 4}", "{3: 4}"),
    ],
)
def test_a_hook_that_returns_no_dictionary_of_names_is_told(loaded: Any, result: str, shown: str) -> None:
    registry, _ = loaded(hook(result))
    with pytest.raises(PluginError) as caught:
        registry.find("weights", "odd")
    expected = f"Plugin mine failed to load: hpcfit_weights must return a dictionary of names, not {shown}."
    assert re.search(expected, str(caught.value))


def test_a_hook_that_leaves_python_is_noted_as_one_that_raises(loaded: Any) -> None:
    registry, _ = loaded(hook("exit(3)"))
    assert registry.names("weights")[0] == "constant"
    assert registry.plugins[1].error.endswith("_mine.py:6: SystemExit: 3")


def clock(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Every look at the clock of the registry finds `seconds` gone."""
    looks = iter(range(1000))
    monkeypatch.setattr(loaded_module.time, "perf_counter", lambda: seconds * next(looks))


def test_a_plugin_that_takes_long_to_load_is_told_of(loaded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, 7.26)
    registry, plugin = loaded(hook("{}"))
    assert plugin.slowness == (
        "plugin mine took 7.3 s to load. Let it import heavy libraries inside the functions that use them."
    )
    assert registry.plugins[0].slowness is None


def test_the_time_of_hooks_counts(loaded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, 2.0)
    registry, plugin = loaded(hook("{}"))
    assert plugin.slowness is None
    registry.names("weights")
    assert registry.plugins[1].seconds == 4.0


def test_two_plugins_are_used_side_by_side(tmp_path: Path, install: Any) -> None:
    class_of = 'type("Doubled", (), {"weights": lambda self, configuration: None})'
    install("first", hook(f'{{"one": {class_of}}}'))
    install("second", hook(f'{{"two": {class_of}}}'))
    registry = Registry(tmp_path)
    registry.load_installed()
    assert [plugin.name for plugin in registry.plugins] == ["hpcfit", "first", "second"]
    assert [plugin.error for plugin in registry.plugins] == [None] * 3
    assert registry.provided("first") == {"weights": ("one",)}
    assert registry.provided("second") == {"weights": ("two",)}
