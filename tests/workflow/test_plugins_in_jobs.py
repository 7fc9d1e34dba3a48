"""Potentials, optimizers and iteration hooks of local plugins, in a whole fit."""

import json

import pytest

PLUGIN = '''
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term
from hpcfit.optimize import OPTIMIZERS, GeodesicLMOptions
from hpcfit.registry import hookimpl

def soft_sphere(*, power: Literal["two", "three"] = "three") -> FormulaPotential:
    exponent = {"two": 2, "three": 3}[power]
    return FormulaPotential(
        name="soft-sphere",
        parameters=(
            ParameterSpec("k", "pair", None, "eV", "strength", minimum=0.0),
            ParameterSpec("rc", "pair", 5.0, "angstrom", "cutoff", minimum=0.0),
        ),
        pair=Term(f"k*(rc - r)**{exponent}/r", cutoff="rc"),
    )

RIGID = soft_sphere(power="two")

class Patient:
    """Geodesic Levenberg-Marquardt that writes down what it was given."""
    options = GeodesicLMOptions

    @staticmethod
    def minimize(objective, theta0, **keywords):
        Path(__file__).with_name("labels.json").write_text(json.dumps(list(keywords["labels"])))
        return OPTIMIZERS["geodesic-lm"].minimize(objective, theta0, **keywords)

@hookimpl
def hpcfit_potentials():
    return {"soft-sphere": soft_sphere}

@hookimpl
def hpcfit_optimizers():
    return {"patient": Patient()}

@hookimpl
def hpcfit_iteration(event):
    with Path(__file__).with_name("losses.txt").open("a") as file:
        print(event.iteration, repr(event.loss), file=file)
'''
TEMPLATE = """
[data]
train = "train.h5"
[[potential]]
$potential
species = ["Ar"]
[potential.parameters]
k = { initial = $k }
[plugins]
load = ["my_plugin.py"]
$more
"""


@pytest.fixture
def crystals(make_crystal):
    return [make_crystal("fcc", a, [18], seed=k) for k, a in enumerate((4.6, 5.0))]


@pytest.fixture
def with_plugin(laboratory):
    (laboratory.folder / "my_plugin.py").write_text(PLUGIN)
    return laboratory


def test_a_potential_of_a_plugin_with_options(with_plugin, crystals):
    potential = 'name = "soft-sphere"\npower = "three"'
    done = with_plugin.recover(
        TEMPLATE,
        {"k": 0.3, "potential": potential, "more": ""},
        {"k": 0.1, "potential": potential, "more": ""},
        crystals,
    )
    assert done.code == 0
    assert done.values() == pytest.approx({"k": 0.3, "rc": 5.0}, rel=1e-10)


def test_a_potential_that_is_an_object_in_a_file(with_plugin, crystals):
    potential = 'name = "my_plugin.py:RIGID"'
    done = with_plugin.recover(
        TEMPLATE,
        {"k": 0.3, "potential": potential, "more": ""},
        {"k": 0.1, "potential": potential, "more": ""},
        crystals,
    )
    assert done.code == 0
    assert done.values() == pytest.approx({"k": 0.3, "rc": 5.0}, rel=1e-10)


def test_a_plugin_is_told_of_every_iteration_and_may_bring_the_optimizer(with_plugin, crystals):
    job = {"potential": 'name = "soft-sphere"', "more": '[optimizer]\nname = "patient"\nxtol = 1e-12'}
    done = with_plugin.recover(TEMPLATE, {"k": 0.3, **job}, {"k": 0.1, **job}, crystals)
    assert done.code == 0
    assert json.loads((done.folder / "labels.json").read_text()) == ["k"]
    told = [line.split() for line in (done.folder / "losses.txt").read_text().splitlines()]
    events = [json.loads(line) for line in (done.folder / "run" / "events.jsonl").read_text().splitlines()]
    assert [(int(i), float(loss)) for i, loss in told] == [(e["iteration"], e["loss"]) for e in events]
