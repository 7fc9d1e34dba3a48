"""Inspection sums a dataset up and points at what looks wrong."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.data import Dataset, configuration, write_dataset
from hpcfit.data.inspection import inspect_dataset
from hpcfit.data.suspicions import robust_score


def dimers(count=30, **changes):
    """Silicon dimers in a box with slightly different bonds; `changes` are for the last one."""
    rng = np.random.default_rng(1)
    made = []
    for index in range(count):
        x = 2.0 + 0.01 * index
        pull = rng.normal()
        arguments = {
            "positions": [[0, 0, 0], [x, 0, 0]],
            "energy": -6.0 + 0.1 * rng.normal(),
            "forces": [[pull, 0, 0], [-pull, 0, 0]],
            "stress": 0.01 * rng.normal(size=6),
            **(changes if index == count - 1 else {}),
        }
        made.append(
            configuration(f"d{index}", [14, 14], arguments.pop("positions"), np.eye(3) * 9, True, **arguments)
        )
    return made


@pytest.fixture
def inspect(tmp_path):
    def run(configurations, cutoff=4.0):
        path = tmp_path / "data.h5"
        write_dataset(path, configurations)
        with Dataset.open(path) as dataset:
            return inspect_dataset(dataset, cutoff)

    return run


def kinds(found):
    return {suspicion.kind: suspicion for suspicion in found.suspicions}


def test_ordinary_data_raise_no_suspicion(inspect):
    found = inspect(dimers())
    assert found.suspicions == ()
    assert (found.configurations, found.atoms) == (30, 60)
    assert found.species == {"Si": 60}
    assert found.targets == {"energy": 30, "forces": 30, "stress": 30}
    assert found.periodic == {"in all directions": 30}
    assert found.smallest_distance == pytest.approx(2.0)
    assert found.closest == "d0"
    assert (found.neighbors.minimum, found.neighbors.maximum) == (1, 1)


def test_neighbours_are_counted_up_to_the_cutoff(inspect):
    found = inspect(dimers(), cutoff=2.105)
    assert found.neighbors.mean == pytest.approx(22 / 60)
    assert found.isolated_atoms == 38
    assert inspect(dimers(), cutoff=1.5).smallest_distance is None


def test_atoms_on_top_of_each_other_are_reported(inspect):
    found = kinds(inspect(dimers(positions=[[0, 0, 0], [0.3, 0, 0]])))
    assert found["too-close"].examples == ("d29",)
    assert found["too-close"].text.startswith("atoms closer than 0.5 angstrom")
    assert "too-close" in kinds(inspect(dimers(positions=[[0, 0, 0], [0, 0, 0]])))


def test_duplicates_and_contradictions_are_reported(inspect):
    found = kinds(inspect(dimers(positions=[[0, 0, -0.0], [2.0, 0, 0]], energy=-5.0)))
    assert found["duplicates"].examples == ("d29",)
    assert set(found["contradictions"].examples) == {"d0", "d29"}


def test_an_energy_far_from_the_others_is_reported(inspect):
    found = kinds(inspect(dimers(energy=-60.0)))
    assert found["energy-outliers"].examples == ("d29",)


def test_compositions_are_no_outliers(tmp_path, inspect):
    carbon = [
        configuration(f"c{i}", [6, 14], [[0, 0, 0], [1.9 + 0.01 * i, 0, 0]], energy=-100 + 0.1 * i)
        for i in range(5)
    ]
    assert "energy-outliers" not in kinds(inspect([*dimers(), *carbon]))


def test_a_force_far_from_the_others_is_reported(inspect):
    found = kinds(inspect(dimers(forces=[[90, 0, 0], [-90, 0, 0]])))
    assert found["force-outliers"].examples == ("d29",)


def test_forces_that_do_not_add_up_are_reported(inspect):
    found = kinds(inspect(dimers(forces=[[1, 0, 0], [0, 0, 0]])))
    assert found["net-force"].examples == ("d29",)


def test_missing_targets_are_reported_only_where_others_have_them(inspect):
    found = kinds(inspect(dimers(energy=None, forces=None)))
    assert found["missing-energy"].examples == ("d29",)
    assert found["missing-forces"].count == 1
    assert "missing-stress" not in found


def test_a_stress_in_other_units_is_reported(inspect):
    made = [
        configuration(f"d{i}", [14], [[0, 0, 0]], np.eye(3) * (4 + i), True, stress=[160.0, 0, 0, 0, 0, 0])
        for i in range(3)
    ]
    found = kinds(inspect(made))
    assert found["stress-units"].count == 3


def test_an_empty_dataset_can_be_inspected(inspect):
    found = inspect([])
    assert (found.configurations, found.atoms, found.suspicions) == (0, 0, ())
    assert found.energy_per_atom is None


def test_the_robust_score_is_that_of_normal_deviates_and_ignores_nan():
    values = np.append(np.random.default_rng(0).normal(size=20_001), np.nan)
    score = robust_score(values, 1e-9)
    assert score[-1] == 0.0
    np.testing.assert_allclose(score[:-1], np.abs(values[:-1]), atol=0.1)
