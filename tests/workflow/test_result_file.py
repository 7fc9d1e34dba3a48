"""result.json: every promised key, its content against a direct computation, resumed runs included."""

import json
import platform
import socket
from dataclasses import replace

import numpy as np
import pytest

import hpcfit
from hpcfit.data import Dataset

TEMPLATE = """
[data]
train = "train.h5"
test = "test.h5"
[targets]
stress = true
[[potential]]
name = "lennard-jones"
species = ["Ar"]
[potential.parameters]
epsilon = { initial = $epsilon, min = 0.001 }
sigma = { initial = $sigma, max = 3.6 }
rc = 7.0
[residual.data]
normalize_by_natoms = false
[optimizer]
max_iterations = $iterations
"""
START = {"epsilon": 0.006, "sigma": 3.55, "iterations": 100}


@pytest.fixture
def prepared(laboratory, make_crystal):
    """A laboratory with noisy training and test data in two tags, some references missing."""
    crystals = [
        make_crystal("fcc", 4.9 + 0.1 * k, [18], seed=k, tag="cold" if k % 3 else "hot", rattle=0.15)
        for k in range(9)
    ]
    for name, own in (("train.h5", crystals[:6]), ("test.h5", crystals[6:])):
        laboratory.write(name, own)
    random = np.random.default_rng(4)
    made = laboratory.predict(TEMPLATE, START | {"epsilon": 0.0104, "sigma": 3.4}, crystals)
    noisy = [
        replace(
            each,
            energy=None if k == 2 else each.energy + 0.01 * random.normal(),
            forces=None if k == 4 else each.forces + 0.005 * random.normal(size=each.forces.shape),
            stress=each.stress + 1e-4 * random.normal(size=6) if k != 7 else None,
        )
        for k, each in enumerate(made)
    ]
    laboratory.write("train.h5", noisy[:6])
    laboratory.write("test.h5", noisy[6:])
    return laboratory, noisy


def rmse(predicted, references, target):
    """Energies per atom; forces and stress by component."""
    squares = [
        np.square(np.ravel(getattr(mine, target) - getattr(theirs, target)))
        / (theirs.natoms**2 if target == "energy" else 1)
        for mine, theirs in zip(predicted, references, strict=True)
        if getattr(theirs, target) is not None
    ]
    return float(np.sqrt(np.mean(np.concatenate(squares)))) if squares else None


def test_errors_of_train_test_and_every_tag_are_those_of_the_fitted_parameters(prepared):
    laboratory, data = prepared
    done = laboratory.fit(TEMPLATE, START)
    found = done.values()
    predicted = laboratory.predict(TEMPLATE, START | found, data)
    sets = {"train": slice(0, 6), "test": slice(6, 9)}
    for name, part in sets.items():
        for target in ("energy", "forces", "stress"):
            expected = rmse(predicted[part], data[part], target)
            assert done.result["rmse"][name][target] == pytest.approx(expected, rel=1e-11)
        assert set(done.result["rmse"]["by_tag"][name]) == {"cold", "hot"}
        for tag, errors in done.result["rmse"]["by_tag"][name].items():
            chosen = [k for k in range(*part.indices(9)) if data[k].tag == tag]
            for target, error in errors.items():
                pair = [predicted[k] for k in chosen], [data[k] for k in chosen]
                assert error == pytest.approx(rmse(*pair, target), rel=1e-11)
    assert done.result["rmse"]["units"] == {
        "energy": "eV/atom",
        "forces": "eV/angstrom",
        "stress": "eV/angstrom^3",
    }


def test_loss_is_half_the_sum_of_squares_and_the_history_leads_to_it(prepared):
    laboratory, data = prepared
    done = laboratory.fit(TEMPLATE, START)

    def loss(values):
        predicted = laboratory.predict(TEMPLATE, START | values, data)[:6]
        parts = [
            np.ravel(getattr(mine, target) - getattr(theirs, target))
            for mine, theirs in zip(predicted, data[:6], strict=True)
            for target in ("energy", "forces", "stress")
            if getattr(theirs, target) is not None
        ]
        return 0.5 * np.sum(np.square(np.concatenate(parts)))

    history = done.result["objective_history"]
    assert done.result["loss"] == pytest.approx(loss(done.values()), rel=1e-12)
    assert history[0] == pytest.approx(loss({"epsilon": 0.006, "sigma": 3.55}), rel=1e-12)
    assert history[-1] == done.result["loss"]
    counts = done.result["counts"]
    assert len(history) == 1 + counts["iterations"] - counts["rejected"]


def test_parameters_are_all_listed_with_errors_bounds_and_units(prepared):
    laboratory, _ = prepared
    done = laboratory.fit(TEMPLATE, START)
    epsilon, sigma, rc = done.result["parameters"]
    keys = [
        "potential",
        "species",
        "name",
        "value",
        "standard_error",
        "initial",
        "min",
        "max",
        "fixed",
        "at_bound",
        "unit",
        "tie",
        "mixing",
        "transform",
        "prior",
    ]
    assert all(list(entry) == keys for entry in (epsilon, sigma, rc))
    covariance = np.array(done.result["covariance"])
    assert (epsilon["potential"], epsilon["species"], epsilon["name"]) == ("lennard-jones", "Ar", "epsilon")
    assert (epsilon["initial"], epsilon["min"], epsilon["max"]) == (0.006, 0.001, None)
    assert (sigma["min"], sigma["max"], sigma["unit"]) == (0.0, 3.6, "angstrom")
    assert [epsilon["standard_error"], sigma["standard_error"]] == pytest.approx(
        np.sqrt(np.diag(covariance)), rel=1e-12
    )
    # the truth is within a few standard errors
    assert abs(epsilon["value"] - 0.0104) < 5 * epsilon["standard_error"]
    assert abs(sigma["value"] - 3.4) < 5 * sigma["standard_error"]
    assert (rc["fixed"], rc["standard_error"], rc["value"], rc["at_bound"]) == (True, None, 7.0, None)


def test_status_counts_timing_memory_and_provenance_are_complete(prepared):
    laboratory, _ = prepared
    result = laboratory.fit(TEMPLATE, START).result
    assert result["status"] == "converged"
    assert result["reason"].startswith("Converged")
    counted = ["iterations", "residual_evaluations", "jacobian_evaluations", "curvature_evaluations"]
    assert list(result["counts"]) == [*counted, "rejected"]
    assert all(isinstance(count, int) for count in result["counts"].values())
    assert result["counts"]["jacobian_evaluations"] > 0
    timing = result["timing"]
    parts = [timing[name] for name in ("kernels", "folding", "communication", "merging")]
    assert all(part >= 0.0 for part in parts)
    assert 0.0 < sum(parts) <= timing["optimizer"]
    assert timing["setup"] + timing["optimizer"] <= timing["total"]
    assert timing["load_imbalance"] == 0.0
    assert result["memory"]["predicted"] > 0
    assert result["memory"]["measured"] > 0
    origin = result["provenance"]
    assert origin["versions"]["hpcfit"] == hpcfit.__version__
    assert origin["versions"]["numpy"] == np.__version__
    assert origin["versions"]["python"] == platform.python_version()
    assert (origin["host"], origin["ranks"], origin["device"]) == (socket.gethostname(), 1, "cpu")
    with Dataset.open(laboratory.folder / "train.h5") as dataset:
        assert origin["data"]["train"] == dataset.selection_hash(np.arange(6))
    assert set(origin["data"]) == {"train", "test"}


def without_times(result):
    kept = {key: value for key, value in result.items() if key not in ("timing", "memory", "provenance")}
    return json.dumps(kept, sort_keys=True)


def test_a_run_continued_after_its_limit_was_raised_is_the_run_never_interrupted(prepared):
    laboratory, _ = prepared
    whole = laboratory.fit(TEMPLATE, START).result
    first = laboratory.fit(TEMPLATE, START | {"iterations": 2}, restart=True)
    assert first.code == 1
    assert first.result["status"] == "max_iterations"
    assert len(first.result["objective_history"]) == 3 - first.result["counts"]["rejected"]
    second = laboratory.fit(TEMPLATE, START)
    assert second.code == 0
    assert without_times(second.result) == without_times(whole)
    lines = (laboratory.folder / "run" / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["iteration"] for line in lines] == list(range(len(lines)))


def test_a_finished_run_says_so_and_changes_nothing(prepared, capsys):
    laboratory, _ = prepared
    first = laboratory.fit(TEMPLATE, START)
    capsys.readouterr()
    again = laboratory.fit(TEMPLATE, START)
    assert again.code == 0
    assert again.result == first.result
    assert capsys.readouterr().out.startswith("already finished: Converged: ")
