"""jobs/argon-lj: the potential that made its data, the data themselves, and the fit."""

import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import least_squares, minimize_scalar

from hpcfit.data import READERS, Dataset, ReadOptions
from hpcfit.data.importing import import_dataset
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow.run import run_job

JOB = Path(__file__).resolve().parents[2] / "jobs" / "argon-lj"
HARTREE, BOHR = 27.211386, 0.52917721  # eV, angstrom

ase_neighbours = pytest.importorskip("ase.neighborlist", reason="needs ASE: pip install 'hpcfit[ase]'")
_spec = importlib.util.spec_from_file_location("make_argon", JOB / "make_data.py")
assert _spec is not None
assert _spec.loader is not None
make_argon = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = make_argon
_spec.loader.exec_module(make_argon)


def one(r):
    return float(make_argon.pair_energy(np.array([r]))[0])


def test_the_potential_has_the_published_depth_at_the_published_distance():
    # Aziz (1993): epsilon/k = 143.235 K at 3.757 angstrom
    found = minimize_scalar(one, bounds=(3.4, 4.2), method="bounded", options={"xatol": 1e-10})
    assert found.x == pytest.approx(3.757, abs=1e-5)
    assert found.fun == pytest.approx(-143.235 * 8.617333262e-5, rel=1e-6)


def test_the_potential_has_the_published_dispersion_coefficients():
    # Aziz (1993): C6 = 63.5, C8 = 1510, C10 = 48000, in hartree bohr^n
    for n, coefficient in ((6, 63.5), (8, 1510.0), (10, 48000.0)):
        found = make_argon.DISPERSION[n] * make_argon.EPSILON / HARTREE * (make_argon.R_MIN / BOHR) ** n
        assert found == pytest.approx(coefficient, rel=2e-5)
    far = 60.0
    c6 = 63.5 * HARTREE * BOHR**6
    assert -one(far) * far**6 == pytest.approx(c6, rel=0.01)


@pytest.fixture(scope="module")
def argon(tmp_path_factory):
    """A copy of the job with its database imported; the folder, and the configurations."""
    folder = tmp_path_factory.mktemp("argon")
    for name in ("argon.db", "job.toml"):
        shutil.copy(JOB / name, folder)
    import_dataset([folder / "argon.db"], folder / "argon.h5", READERS, ReadOptions())
    with Dataset.open(folder / "argon.h5") as dataset:
        return folder, list(dataset)


def test_the_database_holds_what_the_script_makes(argon):
    made = list(make_argon.crystals())
    assert [each.identifier for each in argon[1]] == [name for name, _, _ in made]
    for configuration, (_, structure, atoms) in list(zip(argon[1], made, strict=True))[::7]:
        assert configuration.tag == structure
        np.testing.assert_allclose(configuration.positions, atoms.positions, atol=1e-12)
        assert configuration.energy == pytest.approx(make_argon.crystal_energy(atoms), rel=1e-12)
        assert configuration.forces is None


def test_there_are_five_structures_at_three_volumes_each(argon):
    found = {each.tag: set() for each in argon[1]}
    for each in argon[1]:
        found[each.tag].add(round(each.volume / each.natoms, 6))
    assert {tag: len(volumes) for tag, volumes in found.items()} == dict.fromkeys(make_argon.STRUCTURES, 3)


def test_energies_are_those_of_pairs_to_infinity(argon, monkeypatch):
    atoms = make_argon.perfect("fcc", 3.8)
    near = make_argon.crystal_energy(atoms)
    monkeypatch.setattr(make_argon, "SUMMED", 36.0)
    assert make_argon.crystal_energy(atoms) / len(atoms) == pytest.approx(near / len(atoms), abs=1e-6)


def test_the_fit_ends_at_the_minimum_that_scipy_finds(argon):
    folder, configurations = argon
    assert run_job(SerialCommunicator(), folder / "job.toml") == 0
    result = json.loads((folder / "run" / "result.json").read_text())
    distances = [ase_neighbours.primitive_neighbor_list(
        "d", each.pbc, each.cell, each.positions, 12.0
    ) for each in configurations]  # fmt: skip

    def residual(theta):
        epsilon, sigma = theta
        at_cutoff = (sigma / 12.0) ** 12 - (sigma / 12.0) ** 6
        energies = [
            2.0 * epsilon * np.sum((sigma / d) ** 12 - (sigma / d) ** 6 - at_cutoff) for d in distances
        ]
        pairs = zip(energies, configurations, strict=True)
        return np.array([(energy - each.energy) / each.natoms for energy, each in pairs])

    expected = least_squares(residual, [0.005, 3.5], method="lm", x_scale=[0.01, 3.0], xtol=1e-14, ftol=1e-15)
    assert result["loss"] == pytest.approx(expected.cost, rel=1e-9)
    assert result["loss"] == pytest.approx(1.02672158989e-05, rel=1e-9)
    found = {entry["name"]: entry["value"] for entry in result["parameters"]}
    assert [found["epsilon"], found["sigma"]] == pytest.approx(expected.x, rel=1e-7)
    assert result["counts"]["jacobian_evaluations"] <= 8
    assert set(result["rmse"]["by_tag"]["train"]) == set(make_argon.STRUCTURES)


@pytest.mark.parametrize(
    ("name", "most"),
    [("geodesic-lm", 8), ("lm", 8), ("scipy:trf", 12), ("scipy:L-BFGS-B", 30), ("scipy:Nelder-Mead", 250)],
)
def test_other_optimizers_end_at_the_same_minimum_and_print_their_evaluations(argon, name, most, capsys):
    folder, _ = argon
    text = (folder / "job.toml").read_text() + f'\n[optimizer]\nname = "{name}"\n'
    (folder / "other.toml").write_text(text)
    assert run_job(SerialCommunicator(), folder / "other.toml", restart=True) == 0
    result = json.loads((folder / "run" / "result.json").read_text())
    assert result["loss"] == pytest.approx(1.02672158989e-05, rel=1e-9)
    found = {entry["name"]: entry["value"] for entry in result["parameters"]}
    assert [found["epsilon"], found["sigma"]] == pytest.approx([0.01146359678, 3.355149620], rel=1e-6)
    jacobians, residuals = (result["counts"][f"{of}_evaluations"] for of in ("jacobian", "residual"))
    assert jacobians + residuals <= most
    assert re.search(rf"\({jacobians} Jacobians, {residuals} residuals?, ", capsys.readouterr().out)
