"""Ties, mixing, transforms and priors in whole fits: what they find, what is written, what goes on."""

import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest

import hpcfit
from hpcfit.use import open_potential

MIXTURE = """
[data]
train = "train.h5"
[[potential]]
name = "lennard-jones"
species = ["Ar", "Kr"]
mixing = "lorentz-berthelot"
[potential.parameters]
rc = 7.0
Ar-Ar.epsilon = { initial = $ArAre, min = 0, transform = "log" }
Ar-Ar.sigma = { initial = $ArArs, min = 3, max = 4, transform = "logit" }
Kr-Kr.epsilon = { initial = $KrKre, min = 0 }
Kr-Kr.sigma = { initial = $KrKrs, min = 3, max = 4.5 }
"""
TRUTH = {"ArAre": 0.0104, "ArArs": 3.40, "KrKre": 0.0140, "KrKrs": 3.65}
START = {"ArAre": 0.009, "ArArs": 3.45, "KrKre": 0.0160, "KrKrs": 3.60}
HEAD = """
[data]
train = "train.h5"
[targets]
stress = true
"""
#: one function of r in two parametrisations: D and alpha, or the curvature K = 2 D alpha**2 and alpha
TIED = (
    HEAD
    + """
[[potential]]
species = ["Cu"]
pair = "D*(exp(-2*alpha*(r - r0)) - 2*exp(-alpha*(r - r0)))"
cutoff = 5
[potential.parameters]
D = { tie = "K/(2*alpha**2)" }
alpha = { initial = $alpha }
r0 = { tie = "start + 0.1*width" }
[potential.auxiliary]
K = { initial = $K }
start = 2.5
width = { initial = $width, min = -10 }
"""
)
BY_HAND = (
    HEAD
    + """
[[potential]]
species = ["Cu"]
pair = "K/(2*alpha**2)*(exp(-2*alpha*(r - 2.5 - 0.1*width)) - 2*exp(-alpha*(r - 2.5 - 0.1*width)))"
cutoff = 5
[potential.parameters]
K = { initial = $K }
alpha = { initial = $alpha }
width = { initial = $width, min = -10 }
"""
)


@pytest.fixture
def mixture(laboratory, make_crystal):
    """A laboratory whose train.h5 was made with the true parameters, plus noise."""
    structures = [make_crystal("fcc", a, [18, 36], seed=k) for k, a in enumerate((5.2, 5.4, 5.6, 5.8))]
    random = np.random.default_rng(1)
    exact = laboratory.predict(MIXTURE, TRUTH, structures)
    laboratory.write("train.h5", [noisy(each, random, 1e-4) for each in exact])
    return laboratory


@pytest.fixture
def copper(laboratory, make_crystal):
    structures = [make_crystal("fcc", a, [29], seed=k) for k, a in enumerate((3.5, 3.6, 3.7, 3.8))]
    random = np.random.default_rng(2)
    exact = laboratory.predict(BY_HAND, {"K": 1.2, "alpha": 1.4, "width": 1.0}, structures)
    laboratory.write("train.h5", [noisy(each, random, 0.02) for each in exact])
    return laboratory


def noisy(configuration, random, size):
    forces = configuration.forces + random.normal(scale=size, size=configuration.forces.shape)
    return replace(configuration, energy=configuration.energy + random.normal(scale=size), forces=forces)


def entries(done):
    return {
        f"{q['species']}.{q['name']}" if q["species"] else q["name"]: q for q in done.result["parameters"]
    }


def test_mixed_pairs_follow_the_like_ones_to_the_truth(mixture):
    done = mixture.fit(MIXTURE, START)
    assert done.code == 0
    found = entries(done)
    names = ("Ar-Ar.epsilon", "Kr-Kr.epsilon", "Ar-Ar.sigma", "Kr-Kr.sigma")
    like = [found[name]["value"] for name in names]
    assert like == pytest.approx([TRUTH[name] for name in ("ArAre", "KrKre", "ArArs", "KrKrs")], rel=0.02)
    epsilon, sigma = found["Ar-Kr.epsilon"], found["Ar-Kr.sigma"]
    assert epsilon["value"] == np.sqrt(like[0] * like[1])
    assert sigma["value"] == (like[2] + like[3]) / 2
    assert (epsilon["tie"], epsilon["mixing"]) == ("sqrt(Ar-Ar.epsilon*Kr-Kr.epsilon)", "lorentz-berthelot")
    assert (epsilon["fixed"], epsilon["min"], epsilon["at_bound"]) == (False, None, None)
    covariance = np.array(done.result["covariance"])
    assert covariance.shape == (4, 4)
    errors = [found[name]["standard_error"] for name in names]
    assert errors == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-12)
    mean = np.array([0.0, 0.0, 0.5, 0.5])
    assert sigma["standard_error"] == pytest.approx(np.sqrt(mean @ covariance @ mean), rel=1e-12)
    log = (mixture.folder / "run" / "log.txt").read_text()
    assert "tied: Ar-Kr.sigma = (Ar-Ar.sigma + Kr-Kr.sigma)/2, now 3.525 (lorentz-berthelot)" in log
    assert "mixed: lorentz-berthelot" in log
    events = [json.loads(line) for line in (mixture.folder / "run" / "events.jsonl").read_text().splitlines()]
    assert events[0]["theta"] == [START["ArAre"], START["KrKre"], START["ArArs"], START["KrKrs"]]
    assert events[-1]["theta"] == like


def test_transforms_change_neither_the_minimum_nor_the_errors(mixture):
    moved = mixture.fit(MIXTURE, START)
    plain = MIXTURE.replace(', transform = "log"', "").replace(', transform = "logit"', "")
    direct = mixture.fit(plain, START, restart=True)
    assert entries(moved)["Ar-Ar.epsilon"]["transform"] == "log"
    assert entries(moved)["Ar-Ar.sigma"]["transform"] == "logit"
    assert moved.result["loss"] == pytest.approx(direct.result["loss"], rel=1e-12)
    for name, entry in entries(direct).items():
        assert entries(moved)[name]["value"] == pytest.approx(entry["value"], rel=1e-8)
        if entry["standard_error"] is not None:
            assert entries(moved)[name]["standard_error"] == pytest.approx(entry["standard_error"], rel=1e-6)
    covariances = [np.array(done.result["covariance"]) for done in (moved, direct)]
    np.testing.assert_allclose(*covariances, rtol=1e-5, atol=1e-6 * np.abs(covariances[1]).max())


def test_a_fit_with_ties_is_the_fit_of_the_formula_written_with_them(copper):
    start = {"K": 1.0, "alpha": 1.3, "width": 0.5}
    tied, by_hand = copper.fit(TIED, start), copper.fit(BY_HAND, start, restart=True)
    assert tied.code == by_hand.code == 0
    assert tied.result["loss"] == pytest.approx(by_hand.result["loss"], rel=1e-12)
    assert tied.result["objective_history"] == pytest.approx(by_hand.result["objective_history"], rel=1e-8)
    mine, theirs = ({q["name"]: q for q in done.result["parameters"]} for done in (tied, by_hand))
    for name in ("K", "alpha", "width"):
        assert mine[name]["value"] == pytest.approx(theirs[name]["value"], rel=1e-8)
        assert mine[name]["standard_error"] == pytest.approx(theirs[name]["standard_error"], rel=1e-6)
    k, alpha = mine["K"]["value"], mine["alpha"]["value"]
    assert mine["D"]["value"] == pytest.approx(k / (2 * alpha**2), rel=1e-14)
    assert (mine["K"]["species"], mine["K"]["unit"], mine["start"]["fixed"]) == ("", "", True)
    assert mine["r0"]["standard_error"] == pytest.approx(0.1 * mine["width"]["standard_error"], rel=1e-9)


def test_a_prior_draws_a_parameter_towards_its_mean_and_is_counted(copper):
    start = {"K": 1.0, "alpha": 1.3, "width": 0.5}
    weighed = TIED + "[weights]\nconfig = 50\n[residual.data]\nnormalize_by_natoms = false\n"
    free = copper.fit(weighed, start)
    without = {q["name"]: q for q in free.result["parameters"]}
    known = weighed.replace("{ initial = $alpha }", "{ initial = 1.3, prior = { sigma = 0.01 } }")
    known = known.replace('"K/(2*alpha**2)" }', '"K/(2*alpha**2)", prior = { mean = 0.3, sigma = 0.1 } }')
    done = copper.fit(known, start, restart=True)
    found = {q["name"]: q for q in done.result["parameters"]}
    assert 1.3 < found["alpha"]["value"] < without["alpha"]["value"]
    assert found["alpha"]["prior"] == {"mean": 1.3, "sigma": 0.01}
    pulls = [(found["alpha"]["value"] - 1.3) / 0.01, (found["D"]["value"] - 0.3) / 0.1]
    assert done.result["prior_loss"] == pytest.approx(0.5 * np.square(pulls).sum(), rel=1e-12)
    # What is left is the loss of the data, which is least without priors.
    assert done.result["loss"] - done.result["prior_loss"] > free.result["loss"]
    assert done.result["warnings"] == []
    log = (copper.folder / "run" / "log.txt").read_text()
    assert "prior 1.3 +- 0.01" in log
    assert "of it from priors) after" in log


def test_a_prior_beside_data_that_are_not_weighed_by_their_errors_is_told_of(copper):
    known = TIED.replace("{ initial = $alpha }", "{ initial = 1.3, prior = { sigma = 1.0 } }")
    done = copper.fit(known, {"K": 1.0, "width": 0.5})
    (warning,) = done.result["warnings"]
    assert warning.startswith("The residuals of the data are 0.00")
    assert warning.endswith("times more than their sigma says. Weigh the data by one over their errors.")


def test_predictions_and_further_fits_go_on_from_values_that_hang_together(mixture):
    done = mixture.fit(MIXTURE, START)
    values = {name: entry["value"] for name, entry in entries(done).items()}
    potential = open_potential(mixture.folder / "run")
    taken = {
        f"{'-'.join(q.key)}.{q.name}" if q.key else q.name: q.initial for q in potential.parameters.parameters
    }
    assert taken == values
    before = open_potential(mixture.job(MIXTURE, START, "start.toml"))
    assert before.values[1] == np.sqrt(START["ArAre"] * START["KrKre"])
    again = MIXTURE.replace("[data]", '[run]\nfolder = "second"\nstart_from = "run"\n[data]')
    path = mixture.job(again, START, "second.toml")
    second = hpcfit.run(str(path), progress=False)
    assert second.counts.jacobian_evaluations <= 3
    assert second.values.keys() == values.keys()
    for name, value in values.items():
        assert second.parameters[name].initial == pytest.approx(value, rel=1e-14)
    text = tomllib.loads(second.to_toml())
    assert text["potential"][0]["mixing"] == "lorentz-berthelot"
    pair = text["potential"][0]["parameters"]["Ar-Ar"]
    assert pair["epsilon"]["transform"] == "log"
    assert pair["epsilon"]["initial"] == second["Ar-Ar.epsilon"]


def test_a_job_written_with_the_values_found_keeps_its_priors_where_they_were(copper):
    known = TIED.replace("{ initial = $alpha }", "{ initial = 1.3, prior = { sigma = 0.05 } }")
    path = copper.job(known, {"K": 1.0, "width": 0.5})
    fit = hpcfit.run(str(path), progress=False)
    table = tomllib.loads(fit.to_toml())["potential"][0]
    assert table["parameters"]["alpha"]["prior"] == {"mean": 1.3, "sigma": 0.05}
    assert table["parameters"]["alpha"]["initial"] == fit["alpha"] != 1.3
    assert table["auxiliary"]["K"]["initial"] == fit["K"]
    assert table["auxiliary"]["start"] == 2.5
    assert table["parameters"]["D"] == {"tie": "K/(2*alpha**2)"}


def test_what_another_run_ended_with_does_not_move_a_prior(copper):
    copper.fit(TIED, {"K": 1.0, "alpha": 1.3, "width": 0.5})
    known = TIED.replace("{ initial = $alpha }", "{ initial = 1.3, prior = { sigma = 0.05 } }")
    known = known.replace("[data]", '[run]\nfolder = "second"\nstart_from = "run"\n[data]')
    path = copper.job(known, {"K": 1.0, "width": 0.5}, "second.toml")
    second = hpcfit.run(str(path), progress=False)
    alpha = second.parameters["alpha"]
    assert alpha.initial != 1.3
    assert alpha.prior == {"mean": 1.3, "sigma": 0.05}
    log = (copper.folder / "second" / "log.txt").read_text()
    assert "  initial values of alpha, K, width" in log
    assert "  not taken, because this job ties it: D, r0" in log
    assert "  not taken, because this job gives a number: start" in log
