"""The registry: lookups, plugins that fail, names that clash."""

import inspect
import sys
import textwrap

import pytest

from hpcfit.errors import PluginError
from hpcfit.formula.check import check_potential
from hpcfit.registry import KINDS, Registry, hookspecs
from hpcfit.registry.kinds import ONE_OF
from hpcfit.weights import WEIGHTS as BUILT_IN_WEIGHTS

WEIGHTS = """
from hpcfit.registry import hookimpl

class Doubled:
    def weights(self, configuration):
        return None

@hookimpl
def hpcfit_weights():
    return {"NAME": Doubled}
"""


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path)


def test_every_hook_has_a_docstring_with_an_example():
    hooks = [value for name, value in vars(hookspecs).items() if name.startswith("hpcfit_")]
    assert len(hooks) == 7
    assert all("@hookimpl" in hook.__doc__ for hook in hooks)


def test_the_built_in_things_come_through_the_hooks(registry):
    assert "stillinger-weber" in registry.names("potentials")
    assert registry.provided("hpcfit")["weights"] == tuple(BUILT_IN_WEIGHTS)
    assert set(registry.provided("hpcfit")) == set(KINDS)


def test_an_unknown_name_gets_a_suggestion(registry):
    with pytest.raises(PluginError, match=r"^unknown potential 'morze'\. Did you mean morse\?$"):
        registry.find("potentials", "morze")
    with pytest.raises(PluginError, match=r"^unknown optimizer 'scipy:bfgs'\. Did you mean scipy:BFGS\?$"):
        registry.find("optimizers", "scipy:bfgs")


def test_an_installed_plugin_is_loaded_when_asked_for(install, registry):
    install("extra", WEIGHTS.replace("NAME", "doubled"))
    assert "doubled" not in registry.names("weights")
    registry.load_installed()
    assert registry.names("weights") == (*BUILT_IN_WEIGHTS, "doubled")
    assert registry.find("weights", "doubled").__name__ == "Doubled"


def test_a_broken_plugin_stops_no_lookup_of_other_things(install, registry):
    install("broken", "import os\nraise RuntimeError('no licence')\n")
    registry.load_installed()
    assert registry.find("weights", "constant") is not None


def test_a_broken_plugin_is_named_when_a_name_is_not_found(install, registry):
    install("broken", "import os\nraise RuntimeError('no licence')\n")
    registry.load_installed()
    expected = (
        r"unknown residual 'mine'\. Known: .* Plugin broken failed to load: .*:2: RuntimeError: no licence"
    )
    with pytest.raises(PluginError, match=expected):
        registry.find("residuals", "mine")


def test_a_plugin_with_a_syntax_error_is_noted_with_its_line(install, registry):
    install("broken", "x = 1\ndef f(:\n")
    registry.load_installed()
    assert ":2: SyntaxError: " in registry.plugins[1].error


def test_a_hook_that_raises_is_noted_and_others_are_found(install, registry):
    install("broken", WEIGHTS.replace('return {"NAME": Doubled}', "return 1 / 0"))
    registry.load_installed()
    assert registry.names("weights") == tuple(BUILT_IN_WEIGHTS)
    assert registry.plugins[1].error.endswith(": ZeroDivisionError: division by zero")


def test_a_hook_that_returns_no_dictionary_is_noted(install, registry):
    install("broken", WEIGHTS.replace('{"NAME": Doubled}', "[Doubled]"))
    registry.load_installed()
    registry.names("weights")
    assert "hpcfit_weights must return a dictionary of names, not [" in registry.plugins[1].error


def test_a_misspelt_hook_is_noted(install, registry):
    install("broken", WEIGHTS.replace("hpcfit_weights", "hpcfit_wieghts"))
    registry.load_installed()
    assert (
        registry.plugins[1].error
        == "plugin broken: unknown hook hpcfit_wieghts. Did you mean hpcfit_weights?"
    )


def test_a_module_without_hooks_is_noted(install, registry):
    install("empty", "x = 1\n")
    registry.load_installed()
    assert "it registers nothing. Mark a function with @hookimpl" in registry.plugins[1].error


def test_a_name_claimed_twice_is_an_error_that_names_both(install, registry):
    install("first", WEIGHTS.replace("NAME", "doubled"))
    install("second", WEIGHTS.replace("NAME", "doubled"))
    registry.load_installed()
    with pytest.raises(PluginError) as caught:
        registry.find("weights", "doubled")
    assert str(caught.value) == (
        "weight scheme 'doubled' is registered by both first (installed with first-package 1.2) and second "
        "(installed with second-package 1.2). Uninstall or rename one of them."
    )
    assert len(registry.clashes()) == 1


def test_a_clash_with_a_built_in_name_is_an_error_too(install, registry):
    install("mine", WEIGHTS.replace("NAME", "constant"))
    registry.load_installed()
    with pytest.raises(PluginError, match=r"registered by both hpcfit \(built in\) and mine \("):
        registry.find("weights", "constant")
    assert registry.find("weights", "by-tag") is not None


def test_two_plugins_of_one_name_are_both_listed_and_the_second_fails(install, registry):
    install("same", WEIGHTS.replace("NAME", "one"))
    registry.load_installed()
    registry.load_installed()
    assert [plugin.name for plugin in registry.plugins] == ["hpcfit", "same"]
    assert "has the name of a plugin already loaded" in registry.plugins[1].error


@pytest.mark.parametrize(
    ("kind", "item", "fault"),
    [
        ("weights", "3", "it must be a class with a method weights(configuration)."),
        ("residuals", "3", "it must be a function of (identifier, natoms, weight, prediction, "),
        ("residuals", "lambda a, b: a", "it must be a function of (identifier, natoms, weight, "),
        ("residuals", "int", "it must be derived from ScaledDifference."),
        ("potentials", "3", "it must be a FormulaPotential, or a function that returns one."),
        ("readers", "3", "it must be an instance of a class derived from Reader."),
        ("optimizers", "3", "it must have options (a class) and minimize (a function)."),
    ],
)
def test_what_is_not_of_its_kind_is_refused(tmp_path, registry, kind, item, fault):
    (tmp_path / "mine.py").write_text(f"thing = {item}\n")
    with pytest.raises(PluginError) as caught:
        registry.find(kind, "mine.py:thing")
    assert str(caught.value).startswith(f"mine.py:thing cannot be {ONE_OF[kind]}: {fault}")


def test_a_plugin_is_told_of_each_iteration(tmp_path, registry):
    (tmp_path / "live.py").write_text(
        "from hpcfit.registry import hookimpl\nseen = []\n"
        "@hookimpl\ndef hpcfit_iteration(event):\n    seen.append(event)\n"
    )
    registry.load_local("live.py")
    registry.iteration("event")
    assert registry.find("potentials", "morse") is not None
    assert sys.modules[registry._files.module("live.py").__name__].seen == ["event"]


def test_an_exception_of_the_iteration_hook_names_plugin_and_line(tmp_path, registry):
    (tmp_path / "live.py").write_text(
        "from hpcfit.registry import hookimpl\n"
        "@hookimpl\ndef hpcfit_iteration(event):\n    raise ValueError('no display')\n"
    )
    registry.load_local("live.py")
    expected = r"^plugin live\.py: hpcfit_iteration failed: .*live\.py:4: ValueError: no display$"
    with pytest.raises(PluginError, match=expected):
        registry.iteration("event")


@pytest.mark.parametrize(
    ("kind", "name"), [("potentials", "born-mayer"), ("weights", "by-size"), ("residuals", "relative-error")]
)
def test_the_example_of_a_hook_works_as_it_stands(tmp_path, registry, kind, name):
    text = inspect.cleandoc(getattr(hookspecs, f"hpcfit_{kind}").__doc__)
    code = [line for line in text.partition("::\n")[2].splitlines() if line.startswith(" ") or not line]
    (tmp_path / "example.py").write_text(textwrap.dedent("\n".join(code)))
    registry.load_local("example.py")
    assert registry.provided("example.py") == {kind: (name,)}
    assert registry.find(kind, name) is not None


def test_the_example_potential_is_a_formula_that_can_be_read(tmp_path, registry):
    test_the_example_of_a_hook_works_as_it_stands(tmp_path, registry, "potentials", "born-mayer")
    potential = registry.find("potentials", "born-mayer")(ends="smoothly")
    assert check_potential(potential, 2, "born-mayer") == []
