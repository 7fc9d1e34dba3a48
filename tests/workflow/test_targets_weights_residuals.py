"""Targets, missing references, selections, weights and residual functions, as a job gives them.

The data do not fit the model exactly, so that every choice of weights has an optimum of its own;
each is compared with scipy.optimize.least_squares on a residual formed here from predictions.
"""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import least_squares

from hpcfit.errors import DataError, JobError

TEMPLATE = """
[data]
train = "train.h5"
$data
[targets]
stress = true
$targets
[[potential]]
name = "lennard-jones"
species = ["Ar"]
[potential.parameters]
epsilon = { initial = $epsilon }
sigma = { initial = $sigma }
rc = 7.0
$more
"""
EMPTY = {"data": "", "targets": "", "more": ""}
START = {"epsilon": 0.008, "sigma": 3.5, **EMPTY}
NAMES = ("epsilon", "sigma")


@pytest.fixture
def crystals(make_crystal):
    """Nine structures, five of them tagged "cold"; some without energy, forces or stress."""
    return [
        make_crystal(lattice, a, [18], seed=k, tag="cold" if k % 2 == 0 else "hot", rattle=0.15)
        for k, (lattice, a) in enumerate(
            [("fcc", a) for a in (4.9, 5.1, 5.3, 5.5, 5.7)] + [("diamond", a) for a in (7.0, 7.3, 7.6, 7.9)]
        )
    ]


@pytest.fixture
def laboratory_with_noise(laboratory, crystals):
    """References of the model at known parameters with noise; the laboratory, and the data."""
    random = np.random.default_rng(11)
    made = laboratory.predict(TEMPLATE, {"epsilon": 0.0104, "sigma": 3.4, **EMPTY}, crystals)
    data = []
    for k, each in enumerate(made):
        noisy = replace(
            each,
            energy=None if k == 1 else each.energy + 0.01 * each.natoms * random.normal(),
            forces=None if k == 2 else each.forces + 0.01 * random.normal(size=each.forces.shape),
            stress=None if k in (3, 4) else each.stress + 1e-3 * random.normal(size=6),
        )
        data.append(noisy)
    laboratory.write("train.h5", data)
    return laboratory, data


def optimum(laboratory, data, weight, normalize=lambda natoms: np.full(3, 1.0 / natoms)):
    """Best loss and parameters, of weight(configuration) -> (energy, forces, stress) factors."""

    def residual(theta):
        values = {"epsilon": theta[0], "sigma": theta[1], **EMPTY}
        parts = []
        for mine, theirs in zip(laboratory.predict(TEMPLATE, values, data), data, strict=True):
            factors = np.asarray(weight(theirs)) * normalize(theirs.natoms)
            for factor, name in zip(factors, ("energy", "forces", "stress"), strict=True):
                reference = getattr(theirs, name)
                if reference is not None and factor:
                    parts.append(factor * np.ravel(getattr(mine, name) - reference))
        return np.concatenate(parts)

    found = least_squares(residual, [0.0104, 3.4], method="lm", x_scale=[0.01, 3], xtol=1e-14, ftol=1e-15)
    return found.cost, found.x


def check(done, expected):
    loss, theta = expected
    assert done.code == 0
    assert done.result["loss"] == pytest.approx(loss, rel=1e-9)
    found = done.values()
    assert [found[name] for name in NAMES] == pytest.approx(theta, rel=1e-5)


@pytest.mark.parametrize(
    ("targets", "weight"),
    [
        ("energy = true\nforces = true", (1.0, 1.0, 1.0)),
        ("energy = false\nforces = false", (0.0, 0.0, 1.0)),
        ("energy = false\nforces = true", (0.0, 1.0, 1.0)),
    ],
)
def test_stress_with_other_targets_or_alone(laboratory_with_noise, targets, weight):
    laboratory, data = laboratory_with_noise
    done = laboratory.fit(TEMPLATE, START | {"targets": targets})
    check(done, optimum(laboratory, data, lambda configuration: weight))
    wanted = {name for name, w in zip(("energy", "forces", "stress"), weight, strict=True) if w}
    assert set(done.result["rmse"]["train"]) == wanted


@pytest.mark.parametrize(
    ("targets", "weight"),
    [("forces = false", (1.0, 0.0, 0.0)), ("energy = false", (0.0, 1.0, 0.0))],
)
def test_energies_only_and_forces_only(laboratory_with_noise, targets, weight):
    laboratory, data = laboratory_with_noise
    template = TEMPLATE.replace("stress = true\n", "")
    done = laboratory.fit(template, START | {"targets": targets})
    check(done, optimum(laboratory, data, lambda configuration: weight))


def test_constant_weights_of_energy_forces_and_stress(laboratory_with_noise):
    laboratory, data = laboratory_with_noise
    more = "[weights]\nconfig = 2.0\nenergy = 3.0\nforces = 0.1\nstress = 50.0\n"
    more += '[residual.data]\nnormalize_by_natoms = "energy"'
    expected = optimum(
        laboratory, data, lambda c: (6.0, 0.2, 100.0), lambda natoms: np.array([1 / natoms, 1, 1])
    )
    check(laboratory.fit(TEMPLATE, START | {"more": more}), expected)


def test_weights_by_tag(laboratory_with_noise):
    laboratory, data = laboratory_with_noise
    more = '[weights]\nname = "by-tag"\nenergy = 3.0\n[weights.tags]\ncold = { config = 5.0, forces = 0.1 }\n'
    more += "[residual.data]\nnormalize_by_natoms = false"
    expected = optimum(
        laboratory,
        data,
        lambda c: (15.0, 0.5, 5.0) if c.tag == "cold" else (3.0, 1.0, 1.0),
        lambda natoms: np.ones(3),
    )
    check(laboratory.fit(TEMPLATE, START | {"more": more}), expected)


def test_only_the_selected_tags_are_fitted(laboratory_with_noise):
    laboratory, data = laboratory_with_noise
    done = laboratory.fit(TEMPLATE, START | {"data": 'tags = ["cold"]'})
    cold = [each for each in data if each.tag == "cold"]
    check(done, optimum(laboratory, cold, lambda c: (1, 1, 1)))


def test_a_fraction_held_out_is_tested_and_not_fitted(laboratory_with_noise):
    laboratory, _ = laboratory_with_noise
    first = laboratory.fit(TEMPLATE, START | {"data": "test_fraction = 0.3"})
    again = laboratory.fit(TEMPLATE, START | {"data": "test_fraction = 0.3"}, restart=True)
    other = laboratory.fit(TEMPLATE, START | {"data": "test_fraction = 0.3\nseed = 1"}, restart=True)
    assert first.result["loss"] == again.result["loss"] != other.result["loss"]
    assert first.result["rmse"]["test"]["energy"] > 0.0
    whole = laboratory.fit(TEMPLATE, START, restart=True)
    assert first.result["loss"] < whole.result["loss"]
    assert whole.result["rmse"]["test"] == {}


KLIFF_STYLE = '''
import numpy as np

def difference(identifier, natoms, weight, prediction, reference, data):
    """Written as for KLIFF: energy first, then forces."""
    residual = weight.config_weight * (prediction - reference)
    residual[0] *= weight.energy_weight
    residual[1:] *= weight.forces_weight
    if data["normalize_by_natoms"]:
        residual /= natoms
    return residual

def soft(identifier, natoms, weight, prediction, reference, data):
    """Large errors count less than their squares; not affine."""
    u = weight.vector * (prediction - reference) / natoms
    return u / np.sqrt(1 + (u / data["scale"]) ** 2)

def sizes(identifier, natoms, weight, prediction, reference, data):
    """Fewer residuals than predictions, and not analytic: the norm loses the imaginary part."""
    error = (prediction - reference) / natoms
    return np.append(error[0], np.linalg.norm(error[1:].reshape(natoms, 3), axis=1))
'''
NO_STRESS = TEMPLATE.replace("stress = true\n", "")


def complete(data):
    return [each for each in data if each.energy is not None and each.forces is not None]


def test_a_residual_function_that_is_affine_gives_the_fit_of_the_built_in_one(laboratory_with_noise):
    laboratory, data = laboratory_with_noise
    laboratory.write("train.h5", complete(data))
    (laboratory.folder / "my_residuals.py").write_text(KLIFF_STYLE)
    weights = "[weights]\nconfig = 2.0\nenergy = 3.0\nforces = 0.1\n"
    name = '[residual]\nname = "$name"\n[residual.data]\nnormalize_by_natoms = true\n'
    built_in, own = (
        laboratory.fit(
            NO_STRESS, START | {"more": weights + name.replace("$name", residual)}, restart=True
        ).result
        for residual in ("energy-forces", "my_residuals.py:difference")
    )
    assert own["loss"] == pytest.approx(built_in["loss"], rel=1e-12)
    assert own["status"] == built_in["status"] == "converged"
    values = [[entry["value"] for entry in result["parameters"]] for result in (own, built_in)]
    assert values[0] == pytest.approx(values[1], rel=1e-12)
    assert own["objective_history"] == pytest.approx(built_in["objective_history"], rel=1e-11)
    assert own["counts"] == built_in["counts"]


def function_optimum(laboratory, data, function, start):
    def residual(theta):
        values = {"epsilon": theta[0], "sigma": theta[1], **EMPTY}
        parts = []
        for mine, theirs in zip(laboratory.predict(NO_STRESS, values, data), data, strict=True):
            pair = [np.concatenate([[each.energy], each.forces.ravel()]) for each in (mine, theirs)]
            parts.append(function(theirs.natoms, *pair))
        return np.concatenate(parts)

    return least_squares(residual, start, method="lm", x_scale=[0.01, 3], xtol=1e-14, ftol=1e-15).cost


@pytest.mark.parametrize("name", ["soft", "sizes"])
def test_a_residual_function_that_is_not_affine_converges_to_its_optimum(laboratory_with_noise, name):
    laboratory, data = laboratory_with_noise
    data = complete(data)
    laboratory.write("train.h5", data)
    (laboratory.folder / "my_residuals.py").write_text(KLIFF_STYLE)
    more = f'[residual]\nname = "my_residuals.py:{name}"\n[residual.data]\nscale = 0.01\n'
    done = laboratory.fit(NO_STRESS, START | {"more": more})

    def soft(natoms, prediction, reference):
        u = (prediction - reference) / natoms
        return u / np.sqrt(1 + (u / 0.01) ** 2)

    def sizes(natoms, prediction, reference):
        return (prediction - reference) / natoms  # whose sum of squares is the same

    found = done.values()
    expected = function_optimum(
        laboratory, data, {"soft": soft, "sizes": sizes}[name], [found[n] for n in NAMES]
    )
    assert done.code == 0
    assert done.result["loss"] == pytest.approx(expected, rel=1e-8)


PLUGIN = '''
from dataclasses import dataclass, field
import numpy as np
from hpcfit.registry import hookimpl
from hpcfit.residuals import ScaledDifference
from hpcfit.weights import ConfigurationWeight

@dataclass(frozen=True)
class ByForce:
    """Atoms with large forces count less."""
    scale: float = field(default=1.0, metadata={"help": "force of half weight", "minimum": 0.0})

    def weights(self, configuration):
        if configuration.forces is None:
            return ConfigurationWeight()
        size = np.linalg.norm(configuration.forces, axis=1)
        return ConfigurationWeight(forces=1 / (1 + size / self.scale), energy=2.0)

@dataclass(frozen=True)
class PerAtomEnergy(ScaledDifference):
    power: float = 0.5

    def factors(self, weights, configuration):
        factors = weights.copy()
        factors[0] /= configuration.natoms**self.power
        return factors

def plain(identifier, natoms, weight, prediction, reference, data):
    return weight.vector * (prediction - reference)

@hookimpl
def hpcfit_weights():
    return {"by-force": ByForce}

@hookimpl
def hpcfit_residuals():
    return {"per-atom-energy": PerAtomEnergy, "plain": plain}
'''


def test_weights_and_residuals_of_a_local_plugin(laboratory_with_noise):
    laboratory, _ = laboratory_with_noise
    (laboratory.folder / "my_plugin.py").write_text(PLUGIN)
    load = '[plugins]\nload = ["my_plugin.py"]\n[weights]\nname = "by-force"\nscale = 0.05\n'
    scaled = load + '[residual]\nname = "per-atom-energy"\n[residual.data]\npower = 0.0\n'
    plain = load + '[residual]\nname = "plain"\n'
    losses = {}
    for name, more in (("scaled", scaled), ("plain", plain), ("default", load)):
        done = laboratory.fit(TEMPLATE, START | {"more": more}, restart=True)
        assert done.code == 0
        losses[name] = done.result["loss"]
    # with power 0 the class divides by nothing, as the function does
    assert losses["scaled"] == pytest.approx(losses["plain"], rel=1e-12)
    assert losses["default"] < losses["plain"]
    assert any("my_plugin.py" in entry for entry in done.result["provenance"]["plugins"])


def test_weights_from_a_class_in_a_file(laboratory_with_noise):
    laboratory, _ = laboratory_with_noise
    (laboratory.folder / "my_plugin.py").write_text(PLUGIN)
    by_name = '[plugins]\nload = ["my_plugin.py"]\n[weights]\nname = "by-force"\nscale = 0.05\n'
    by_file = '[weights]\nname = "my_plugin.py:ByForce"\nscale = 0.05\n'
    losses = {
        laboratory.fit(TEMPLATE, START | {"more": more}, restart=True).result["loss"]
        for more in (by_name, by_file)
    }
    assert len(losses) == 1


def test_a_job_whose_weights_leave_no_residual_is_refused(laboratory_with_noise):
    laboratory, _ = laboratory_with_noise
    (laboratory.folder / "nothing.py").write_text("def nothing(*arguments):\n    return arguments[3][:0]\n")
    with pytest.raises(DataError, match=r"configuration 'cold-4\.9-0': all of its weights are zero"):
        laboratory.fit(TEMPLATE, START | {"more": "[weights]\nconfig = 0"})
    with pytest.raises(DataError, match=r"configuration 'cold-4\.9-0': whatever it has a reference for has"):
        laboratory.fit(NO_STRESS, START | {"more": "[weights]\nenergy = 0\nforces = 0"})
    with pytest.raises(JobError) as caught:
        laboratory.fit(NO_STRESS, START | {"more": '[residual]\nname = "nothing.py:nothing"'})
    assert str(caught.value) == (
        f"{laboratory.folder / 'job.toml'}:14: residual: nothing is left to fit: the residual returns "
        "nothing, or takes no part of what the data hold."
    )


def test_history_holds_losses_that_fall_from_the_start_to_the_end(laboratory_with_noise):
    laboratory, _ = laboratory_with_noise
    result = laboratory.fit(TEMPLATE, START).result
    history = result["objective_history"]
    assert history[-1] == result["loss"]
    assert history == sorted(history, reverse=True)
    text = (laboratory.folder / "run" / "events.jsonl").read_text().splitlines()
    assert history[0] == json.loads(text[0])["loss"]
