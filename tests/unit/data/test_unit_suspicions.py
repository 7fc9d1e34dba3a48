"""Numbers in the wrong units give themselves away, and right ones are let be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hpcfit import units
from hpcfit.data import Dataset, configuration, gather, write_dataset
from hpcfit.data.bond_lengths import COVALENT_RADII
from hpcfit.data.foreign_units import ForeignUnits
from hpcfit.data.inspection import inspect_dataset
from hpcfit.data.work import work_along

SILICON = Path(__file__).resolve().parents[3] / "jobs" / "silicon-sw"
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "mlearn"


def spring(name, positions, cell):
    """Two atoms a box, bound by springs to each other and to their images: exact E, F and stress."""
    cell = np.asarray(cell)
    energy, forces, virial = 0.0, np.zeros((2, 3)), np.zeros((3, 3))
    for shift in np.array(np.meshgrid(*[[-1, 0]] * 3)).reshape(3, -1).T:
        bond = positions[1] + shift @ cell - positions[0]
        length = np.linalg.norm(bond)
        pull = 2.0 * (length - 2.2) * bond / length
        energy += (length - 2.2) ** 2
        forces[0] += pull
        forces[1] -= pull
        virial += np.outer(bond, pull)
    stress = (virial / abs(np.linalg.det(cell))).flat[[0, 4, 8, 5, 2, 1]]
    return configuration(name, [14, 14], positions, cell, True, energy=energy, forces=forces, stress=stress)


def trajectory(count=12, step=0.1):
    rng = np.random.default_rng(2)
    positions, made = np.array([[0.0, 0, 0], [1.3, 1.25, 1.4]]), []
    for index in range(count):
        made.append(spring(f"t{index}", positions, np.eye(3) * 2.6))
        positions = positions + step * rng.normal(size=(2, 3)).clip(-1, 1)
    return made


def strained(count=12, size=0.03):
    rng = np.random.default_rng(3)
    fraction = np.array([[0.0, 0, 0], [0.5, 0.5, 0.5]])
    cells = [2.5 * (np.eye(3) + size * rng.normal(size=(3, 3)).clip(-1, 1)) for _ in range(count)]
    return [spring(f"s{index}", fraction @ cell, cell) for index, cell in enumerate(cells)]


def changed(configurations, change):
    """The configurations with what `change` says of each multiplied."""
    made = []
    for c in configurations:
        factor = {"positions": 1, "energy": 1, "forces": 1, "stress": 1, **change}
        made.append(
            configuration(
                c.identifier,
                c.numbers,
                c.positions * factor["positions"],
                c.cell * factor["positions"],
                c.pbc,
                energy=c.energy * factor["energy"],
                forces=c.forces * factor["forces"],
                stress=c.stress * factor["stress"],
            )
        )
    return made


@pytest.fixture
def suspicions(tmp_path):
    def find(configurations, cutoff=4.0):
        write_dataset(tmp_path / "data.h5", configurations)
        with Dataset.open(tmp_path / "data.h5") as dataset:
            return {each.kind: each for each in inspect_dataset(dataset, cutoff).suspicions}

    return find


def test_the_work_of_forces_and_stress_is_the_change_of_energy_to_second_order():
    for make in (lambda size: trajectory(step=size), lambda size: strained(size=size)):
        errors = []
        for size in (0.02, 0.01):
            index, change, force, stress = work_along(gather(make(size)), 100).T
            assert index.tolist() == list(range(101, 112))
            errors.append(np.abs(force + stress - change).max())
        assert errors[1] < 0.05 * np.abs(change).max()
        assert errors[1] < errors[0] / 6


def test_work_asks_for_the_same_atoms_and_small_steps():
    first, second = trajectory(2)
    far = configuration("far", [14, 14], second.positions * 2, first.cell, True, energy=1)
    other = configuration("other", [14, 6], first.positions, first.cell, True, energy=1)
    fewer = configuration("fewer", [14], first.positions[:1], first.cell, True, energy=1)
    unknown = configuration("unknown", [14, 14], first.positions, first.cell, True)
    for later in (far, other, fewer, unknown):
        assert len(work_along(gather([first, later]))) == 0
    without = configuration("bare", [14, 14], second.positions, second.cell, True, energy=second.energy)
    ((_, _, force, stress),) = work_along(gather([first, without]))
    assert np.isnan(force)
    assert stress == 0.0
    assert len(work_along(gather([]))) == 0


def test_the_same_cell_by_other_lattice_vectors_is_no_small_step():
    first, second = trajectory(2)
    swapped = replace(second, cell=first.cell[[1, 0, 2]])
    mirrored = replace(second, cell=first.cell * [[-1.0], [1.0], [1.0]])
    for later in (swapped, mirrored):
        assert len(work_along(gather([first, later]))) == 0


def test_steps_across_the_cell_are_short_and_clusters_have_none_to_cross():
    first = trajectory(1)[0]
    moved = first.positions + first.cell[0] + 0.01
    again = spring("again", first.positions, first.cell)
    wrapped = configuration("w", [14, 14], moved, first.cell, True, energy=again.energy, forces=again.forces)
    assert len(work_along(gather([first, wrapped]))) == 1
    cluster = [configuration(n, [14, 14], x, energy=1.0) for n, x in (("a", first.positions), ("b", moved))]
    assert len(work_along(gather(cluster))) == 0


def test_right_numbers_are_let_be(suspicions):
    assert (
        not {"force-work", "stress-units", "length-units"} & suspicions([*trajectory(), *strained()]).keys()
    )


@pytest.mark.parametrize(
    ("unit", "sign", "options"),
    [
        ("GPa", "tension", "--stress-unit GPa"),
        ("kbar", "compression", "--stress-unit kbar --stress-sign compression"),
        (None, "compression", "--stress-sign compression"),
        ("Ha/bohr^3", "tension", "--stress-unit Ha/bohr^3"),
    ],
)
def test_the_unit_and_sign_of_a_stress_are_told_from_strained_cells(suspicions, unit, sign, options):
    wrong = changed(strained(), {"stress": 1.0 / ForeignUnits(stress=unit, stress_sign=sign).stress_factor})
    found = suspicions(wrong)
    assert "force-work" not in found
    assert found["stress-units"].text.startswith(
        "energies and stress do not belong together: from one configuration to the next, the energy "
    )
    assert found["stress-units"].text.endswith(
        f"times the work of the stress; import again, or `hpcfit convert-units`, with {options}"
    )


def test_a_stress_of_no_known_factor_is_told_as_well(suspicions):
    found = suspicions(changed(strained(), {"stress": 1 / 3.0}))
    assert found["stress-units"].text.endswith("check its unit, sign and order (xx yy zz yz xz xy)")


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"forces": -1}, "it looks like forces with the opposite sign (the gradient); turn it in the source"),
        ({"energy": 1 / units.ENERGY["Ha"]}, "it looks like energies in Ha beside forces in eV/angstrom"),
        ({"energy": 1 / units.ENERGY["kcal/mol"]}, "it looks like energies in kcal/mol beside forces"),
        ({"forces": 1 / units.ENERGY["kJ/mol"]}, "it looks like forces in kJ/mol/angstrom beside energies"),
        (
            {"forces": units.LENGTH["bohr"] / units.ENERGY["Ha"]},
            "it looks like forces in Ha/bohr beside energies in eV and positions in angstrom",
        ),
        ({"forces": 7}, "check the units of both"),
    ],
)
def test_energies_and_forces_of_different_units_are_told(suspicions, change, cause):
    found = suspicions(changed(trajectory(), change))
    assert cause in found["force-work"].text
    assert "times the work of the forces; " in found["force-work"].text
    assert "stress-units" not in found


def test_a_stress_a_thousand_times_too_large_is_told_by_its_size_alone(suspicions):
    rng = np.random.default_rng(4)
    usual = [
        configuration(
            f"u{i}", [14], [[0, 0, 0]], np.eye(3) * (2.5 + i / 50), True, stress=rng.normal(size=6) / 50
        )
        for i in range(9)
    ]
    assert "stress-units" not in suspicions(usual)
    found = suspicions(changed_stress(usual, 1602.0))
    assert found["stress-units"].count >= 8
    assert found["stress-units"].text.endswith(
        "where matter has about 1; it looks like GPa, kbar or a virial: import again, or `hpcfit "
        "convert-units`, with --stress-unit GPa or --stress-unit kbar"
    )
    one = suspicions([*usual[:-1], *changed_stress(usual[-1:], 1602.0)])
    assert one["stress-units"].examples == ("u8",)


def changed_stress(configurations, factor):
    return [
        configuration(c.identifier, c.numbers, c.positions, c.cell, c.pbc, stress=c.stress * factor)
        for c in configurations
    ]


def test_the_pressure_of_the_core_of_the_earth_is_no_suspicion(suspicions):
    iron = [
        configuration(f"f{i}", [26], [[0, 0, 0]], np.eye(3) * 1.9, True, stress=[-2.25 + i / 9] * 3 + [0] * 3)
        for i in range(5)
    ]
    assert "stress-units" not in suspicions(iron)


def test_lengths_in_bohr_are_told_from_the_shortest_bonds(suspicions):
    data = trajectory()
    bohr = changed(data, {"positions": 1 / units.LENGTH["bohr"], "forces": units.LENGTH["bohr"]})
    found = suspicions(bohr)
    assert found["length-units"].count == len(data)
    assert found["length-units"].text.endswith(
        "times the sum of their covalent radii; lengths look like bohr: import again, or `hpcfit "
        "convert-units`, with --length-unit bohr"
    )
    # Beyond the cutoff, the cutoff itself is long enough.
    assert "length-units" in suspicions(bohr, cutoff=3.5)
    # One bond of usual length among them, and they are stretched configurations.
    assert "length-units" not in suspicions([*bohr, configuration("x", [14, 14], [[0, 0, 0], [2.3, 0, 0]])])


def test_lengths_in_nanometres_are_told(suspicions):
    assert "length-units" in suspicions(changed(trajectory(), {"positions": 0.1}))


def test_noble_gases_and_lone_atoms_say_nothing_about_lengths(suspicions):
    argon = [configuration(f"a{i}", [18, 18], [[0, 0, 0], [3.6 + i / 9, 0, 0]]) for i in range(4)]
    alone = [configuration(f"l{i}", [14], [[0, 0, i]]) for i in range(4)]
    assert "length-units" not in suspicions([*argon, *alone])


def test_the_radii_are_those_of_ase_but_for_noble_gases():
    data = pytest.importorskip("ase.data")
    noble = [2, 10, 18, 36, 54, 86]
    assert np.isnan(COVALENT_RADII[[0, *noble]]).all()
    others = np.setdiff1d(np.arange(1, 97), noble)
    np.testing.assert_allclose(COVALENT_RADII[others], data.covalent_radii[others])
    assert np.isnan(COVALENT_RADII[97:]).all()


@pytest.mark.parametrize("name", ["silicon-train.h5", "silicon-test.h5"])
def test_real_silicon_raises_no_suspicion_of_units(name):
    with Dataset.open(SILICON / name) as dataset:
        kinds = {each.kind for each in inspect_dataset(dataset, 4.0).suspicions}
    assert not {"force-work", "stress-units", "length-units"} & kinds


@pytest.mark.skipif(not SHARED.exists(), reason="the mlearn data are not here")
@pytest.mark.parametrize("element", ["Cu", "Ge"])
def test_real_metals_and_semiconductors_raise_no_suspicion_of_units(element, tmp_path):
    from hpcfit.data import READERS
    from hpcfit.data.importing import import_dataset

    done = import_dataset([SHARED / element / "test.json"], tmp_path / "x.h5", READERS)
    assert done.suspicions == ()
