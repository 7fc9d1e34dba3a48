"""Every hook through an installed plugin, in a whole fit or import; a test's name begins with its hook's."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from installed_plugin import install_plugin

PLUGIN = """
from dataclasses import dataclass

from hpcfit.data import Reader, configuration
from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term
from hpcfit.optimize import OPTIMIZERS, GeodesicLMOptions
from hpcfit.registry import hookimpl
from hpcfit.weights import ConfigurationWeight

events = []
begun = []

@dataclass(frozen=True)
class Twice:
    times: float = 2.0

    def weights(self, configuration):
        return ConfigurationWeight(config=self.times)

def halved(identifier, natoms, weight, prediction, reference, data):
    return 0.5 * weight.vector * (prediction - reference)

class PairReader(Reader):
    name = "pairs"
    formats = "pairs of argon (.pair)"

    def sniff(self, path):
        return path.suffix == ".pair"

    def read(self, source, options, report):
        report.found("energy", "first number")
        energy, distance = map(float, source.path.read_text().split())
        yield configuration("pair", [18, 18], [[0, 0, 0], [0, 0, distance]], energy=energy)

class Noted:
    options = GeodesicLMOptions

    @staticmethod
    def minimize(objective, theta0, **keywords):
        begun.append(theta0.tolist())
        return OPTIMIZERS["geodesic-lm"].minimize(objective, theta0, **keywords)

@hookimpl
def hpcfit_potentials():
    k, rc = ParameterSpec("k", "pair", None, "eV", "strength"), ParameterSpec("rc", "pair", 5.0, "angstrom")
    return {"cone": FormulaPotential("cone", (k, rc), pair=Term("k*(rc - r)**3/r", cutoff="rc"))}

@hookimpl
def hpcfit_models():
    from hpcfit.formula.parameter_spec import ParameterSpec as Spec
    from hpcfit.formula.row_formula import RowFormula

    return {"half-of": RowFormula("half-of", (("y", "k*x/2"),), ("x",), (Spec("k", "shared"),))}

@hookimpl
def hpcfit_weights():
    return {"twice": Twice}

@hookimpl
def hpcfit_residuals():
    return {"halved": halved}

@hookimpl
def hpcfit_readers():
    return {"pairs": PairReader()}

@hookimpl
def hpcfit_optimizers():
    return {"noted": Noted()}

@hookimpl
def hpcfit_iteration(event):
    events.append((event.iteration, event.loss))
"""
JOB = """
[data]
train = "train.h5"
[targets]
forces = false
[[potential]]
name = "cone"
species = ["Ar"]
[potential.parameters]
k = { initial = $k }
[residual.data]
normalize_by_natoms = false
[optimizer]
max_iterations = 30
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The plugin's module, once hpcfit has loaded it."""
    folder = tmp_path / "site-packages"
    monkeypatch.syspath_prepend(str(folder))
    name = install_plugin(folder, "mine", PLUGIN)
    yield lambda: sys.modules[name]
    sys.modules.pop(name, None)


@pytest.fixture
def fit(module: Any, laboratory: Any, make_crystal: Callable[..., Any]) -> Callable[..., Any]:
    """fit(tables) fits k to energies that no k gives exactly, from a start of 0.1."""
    crystals = [make_crystal("fcc", a, [18], seed=k) for k, a in enumerate((4.6, 5.0))]
    exact = laboratory.predict(JOB, {"k": 0.3}, crystals)
    laboratory.write("train.h5", [type(c)(**{**vars(c), "energy": c.energy + 0.1}) for c in exact])

    def run(tables: str = "", job: str = JOB) -> Any:
        # The tables that are given take the place of those of the same name.
        return laboratory.fit(job + tables, {"k": 0.1}, restart=True)

    return run


def test_hpcfit_potentials_gives_the_formula_that_is_fitted(fit: Any) -> None:
    done = fit()
    assert done.code == 0
    assert done.values()["k"] == pytest.approx(0.3, rel=0.05)
    assert done.result["provenance"]["plugins"] == [
        "hpcfit (built in)",
        "mine (installed with mine-package 1.2)",
    ]


def test_hpcfit_models_brings_a_model_of_tables(laboratory: Any, module: Any) -> None:
    (laboratory.folder / "line.csv").write_text("x,y\n1,2\n2,4\n4,8\n")
    job = '[data]\ntable = "line.csv"\ny = ["y"]\n[model]\nname = "half-of"\n'
    job += "parameters = { k = { initial = 1 } }"
    found = laboratory.fit(job, {})
    assert found.values() == {"k": pytest.approx(4.0)}


def test_hpcfit_weights_gives_the_weights_of_a_fit(fit: Any) -> None:
    plain, weighed = fit(), fit('[weights]\nname = "twice"\ntimes = 3.0\n')
    assert weighed.result["loss"] == pytest.approx(9.0 * plain.result["loss"], rel=1e-9)
    assert weighed.values()["k"] == pytest.approx(plain.values()["k"], rel=1e-9)


def test_hpcfit_residuals_gives_the_residual_of_a_fit(fit: Any) -> None:
    halved = JOB.replace("[residual.data]\nnormalize_by_natoms = false", '[residual]\nname = "halved"')
    plain, found = fit(), fit(job=halved)
    assert found.result["loss"] == pytest.approx(0.25 * plain.result["loss"], rel=1e-9)


def test_hpcfit_optimizers_gives_what_minimizes(fit: Any, module: Any) -> None:
    done = fit(job=JOB.replace("[optimizer]", '[optimizer]\nname = "noted"'))
    assert done.code == 0
    assert module().begun == [[0.1]]


def test_hpcfit_iteration_is_told_of_every_iteration(fit: Any, module: Any) -> None:
    done = fit()
    told = module().events
    assert [number for number, _ in told] == list(range(done.result["counts"]["iterations"] + 1))
    assert told[-1][1] == done.result["loss"]


def test_hpcfit_readers_gives_a_format_to_import(tmp_path: Path, hpcfit: Callable[..., Any]) -> None:
    install_plugin(tmp_path / "site-packages", "mine", PLUGIN)
    (tmp_path / "some.pair").write_text("-0.0103 3.8\n")
    done = hpcfit(
        "import",
        "some.pair",
        "-o",
        "pairs.h5",
        folder=tmp_path,
        environment={"PYTHONPATH": str(tmp_path / "site-packages")},
    )
    assert done.code == 0, done.err
    from hpcfit.data import Dataset

    with Dataset.open(tmp_path / "pairs.h5") as dataset:
        (found,) = dataset.read(0, 1)
    assert (found.identifier, found.energy, found.symbols) == ("pair", -0.0103, ("Ar", "Ar"))
