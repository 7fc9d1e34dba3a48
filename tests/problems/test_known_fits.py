"""Fits whose answers are known, from job file to result.json."""

import importlib.util
import json
import sys
import tarfile
from pathlib import Path

import pytest

from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.run import run_job

ROOT = Path(__file__).resolve().parents[2]
KLIFF_ARCHIVE = ROOT.parent / "shared" / "data" / "kliff_si" / "Si_training_set.tar.gz"

_spec = importlib.util.spec_from_file_location("fits_benchmark", ROOT / "jobs" / "benchmarks" / "fits.py")
assert _spec is not None
assert _spec.loader is not None
fits = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = fits  # dataclasses look their module up
_spec.loader.exec_module(fits)

SILICON = ROOT / "jobs" / "silicon-sw" / "silicon-train.h5"
WIDE_OPTIMUM = {
    "A": 2916.687,
    "B": 8.095751,
    "p": 10.143470,
    "delta": 1.476376,
    "gamma": 1.413913,
    "lambda": 4.805805,
}
NARROW_OPTIMUM = {
    "A": 762.4970,
    "B": 8.921188,
    "p": 8.0,
    "delta": 1.567041,
    "gamma": 1.478853,
    "lambda": 5.356621,
}


def run(folder, template, train, parameters):
    job = folder / "job.toml"
    job.write_text(template.format(train=train, parameters=parameters))
    assert run_job(SerialCommunicator(), job) == 0
    return json.loads((folder / "run" / "result.json").read_text())


def values(result):
    return {entry["name"]: entry["value"] for entry in result["parameters"]}


@pytest.mark.parametrize("start", ["1", "2"])
def test_silicon_with_wide_bounds_ends_at_the_known_optimum_in_twenty_jacobians(tmp_path, start):
    result = run(tmp_path, fits.MLEARN, SILICON, fits.bounded(fits.STARTS[start], fits.WIDE))
    assert 2.0 * result["loss"] == pytest.approx(7254.37715, abs=6e-6)
    assert values(result) == pytest.approx({"rc": 3.77118, **WIDE_OPTIMUM}, rel=1e-5)
    assert result["counts"]["jacobian_evaluations"] <= 20


@pytest.mark.parametrize("start", ["1", "2"])
def test_silicon_with_narrow_bounds_ends_with_p_at_its_bound_in_twenty_jacobians(tmp_path, start):
    result = run(tmp_path, fits.MLEARN, SILICON, fits.bounded(fits.STARTS[start], fits.NARROW))
    assert 2.0 * result["loss"] == pytest.approx(7559.59796, abs=6e-6)
    assert values(result) == pytest.approx({"rc": 3.77118, **NARROW_OPTIMUM}, rel=1e-5)
    at_bound = {entry["name"]: entry["at_bound"] for entry in result["parameters"]}
    assert at_bound["p"] == "max"
    assert result["counts"]["jacobian_evaluations"] <= 20


def test_silicon_objective_at_the_second_start_is_the_published_one(tmp_path):
    result = run(tmp_path, fits.MLEARN, SILICON, fits.bounded(fits.STARTS["2"], fits.WIDE))
    assert 2.0 * result["objective_history"][0] == pytest.approx(116847.9468, abs=6e-5)


@pytest.fixture(scope="module")
def kliff(tmp_path_factory):
    if not KLIFF_ARCHIVE.exists():
        pytest.skip("KLIFF's silicon set is not here; it is not shipped, for its licence is the LGPL")
    from hpcfit.data import READERS
    from hpcfit.data.importing import import_dataset
    from hpcfit.data.readers import ReadOptions

    folder = tmp_path_factory.mktemp("kliff")
    with tarfile.open(KLIFF_ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    source = folder / "Si_training_set"
    for name, part in (("whole", source), ("alat", source / "varying_alat")):
        import_dataset([part], folder / f"{name}.h5", READERS, ReadOptions())
    return folder


def test_kliff_with_three_parameters_free(tmp_path, kliff):
    result = run(tmp_path, fits.KLIFF, kliff / "whole.h5", fits.free(("A", "B", "gamma")))
    assert result["loss"] == pytest.approx(0.6940780133, abs=6e-11)
    # The known parameters come from a solver that stopped a little earlier; the loss has all its digits.
    expected = {"A": 14.938633, "B": 0.587403, "gamma": 2.201456}
    found = values(result)
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=5e-6)


def test_kliff_with_five_parameters_free(tmp_path, kliff):
    result = run(tmp_path, fits.KLIFF, kliff / "whole.h5", fits.free(tuple(fits.KLIFF_START)))
    assert result["loss"] == pytest.approx(0.115429134, abs=6e-10)
    found = values(result)
    expected = {"A": 14.77022, "B": 0.640770, "sigma": 2.057664, "gamma": 2.870992, "lambda": 219.69}
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=2e-5)


def test_kliff_varying_alat_returns_to_the_published_parameters(tmp_path, kliff):
    result = run(tmp_path, fits.KLIFF, kliff / "alat.h5", fits.free(tuple(fits.KLIFF_START)))
    assert result["loss"] == pytest.approx(3.00369267e-09, rel=2e-9)
    found = values(result)
    assert found["A"] == pytest.approx(15.285557, abs=6e-7)
    assert found["lambda"] == pytest.approx(45.53469, abs=6e-6)
