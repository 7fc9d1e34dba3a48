"""check_potential: sound potentials pass, and each promise can be broken in a way that is told.

A formula cannot have wrong forces, since hpcfit differentiates it. So most promises are broken by a
potential whose predictions are falsified on their way to the checks.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term
from hpcfit.testing import ConformanceError, check_potential
from hpcfit.testing.potential import check_subject
from hpcfit.testing.potential.bind import bind
from hpcfit.testing.potential.cutoff import check_cutoff
from hpcfit.testing.potential.doubling import check_doubling
from hpcfit.testing.potential.permutation import check_permutation
from hpcfit.testing.potential.ranks import check_ranks
from hpcfit.testing.potential.rotation import check_rotation
from hpcfit.testing.potential.structures import SHAPES, distance_to_cutoffs, sample_structures
from hpcfit.testing.potential.subject import Subject
from hpcfit.testing.potential.translation import check_translation
from hpcfit.testing.potential.wrapping import check_wrapping

NUMBER = r"-?\d[\d.e+-]*"
GAP = rf"{NUMBER} instead of {NUMBER} \(they differ by {NUMBER}\)"


def soft(pair: str = "A*(1 - r/rc)**4*(1 - 3*r/rc)", **more: object) -> FormulaPotential:
    return FormulaPotential(
        "soft",
        (
            ParameterSpec("A", "pair", 9.0, "eV"),
            ParameterSpec("rc", "shared", 4.0, "angstrom", minimum=0.0),
        ),
        pair=Term(pair, cutoff="rc"),
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def sound() -> Subject:
    return Subject(*bind(soft(), ["Si"], {}))


class Falsified:
    """A subject whose predictions and derivatives are changed on their way out."""

    def __init__(self, subject, prediction=None, jacobian=None, model=None):
        self._subject, self._prediction, self._jacobian = subject, prediction, jacobian
        self.model = model or subject.model

    def __getattr__(self, name):
        return getattr(self._subject, name)

    def predict(self, structures, values=None):
        found = self._subject.predict(structures, values)
        if self._prediction is None:
            return found
        return [self._prediction(s, p) for s, p in zip(structures, found, strict=True)]

    def jacobian(self, structure):
        table = self._subject.jacobian(structure).copy()
        return table if self._jacobian is None else self._jacobian(structure, table)


def with_energy(extra):
    """A prediction to which `extra(structure)` is added as an energy."""
    return lambda structure, found: replace(found, energy=found.energy + extra(structure))


def fault_of(subject, **options) -> str:
    with pytest.raises(ConformanceError) as caught:
        check_subject(subject, **options)
    return str(caught.value)


def test_a_sound_potential_passes_and_the_report_prints_what_was_found():
    first, second = check_potential(soft())
    assert first.name == "soft of Si"
    assert second.name == "soft of Si, C"
    assert max(first.deviations.values()) < 1e-6
    assert first.jumps == first.not_moved == ()
    assert str(first).startswith(
        "soft of Si: nothing is wrong (neighbours at about 1.86 angstrom)\n  forces  "
    )


def test_the_catalogue_passes_by_name_and_with_options():
    (report,) = check_potential("morse", ["Cu"], options={"truncation": "force-shift"})
    assert report.name == "morse of Cu"


def test_triplets_and_three_species_pass():
    triplet = Term("k*(costheta + 1/3)**2*(1 - r1/rc)**4*(1 - r2/rc)**4", cutoff="rc")
    formula = soft("A*(1 - r/rc)**4", triplet=triplet)
    formula = replace(formula, parameters=(*formula.parameters, ParameterSpec("k", "triplet", 5.0, "eV")))
    assert [each.name for each in check_potential(formula, ["Si", "C", "Ge"])] == ["soft of Si, C, Ge"]


def wrong_force(structure, found):
    forces = found.forces.copy()
    forces[1, 2] += 0.01
    return replace(found, forces=forces)


def wrong_stress(structure, found):
    stress = found.stress.copy()
    stress[4] *= 1.01
    return replace(found, stress=stress)


def wrong_column(structure, table):
    table[3, 0] += 0.01
    return table


def column_without_value(structure, table):
    table[0, 1] = np.nan
    return table


def infinite_slab(structure, found):
    return replace(found, energy=np.inf) if structure.identifier == "slab" else found


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"prediction": wrong_force},
            r"the force on atom 1 \(Si\) along z is not minus the derivative of the energy: GAP "
            r"eV/angstrom\.",
        ),
        (
            {"prediction": wrong_stress},
            r"the stress xz is not the derivative of the energy by strain, over the volume: GAP "
            r"eV/angstrom\^3\.",
        ),
        (
            {"jacobian": wrong_column},
            r"the derivative of the force on atom 0 \(Si\) along z by A is GAP, found by differences\.",
        ),
        (
            {"jacobian": column_without_value},
            r"the derivative of the energy by rc is nan, not a finite number\.",
        ),
        (
            {"prediction": with_energy(lambda structure: 1e-3 * structure.positions.sum())},
            r"the force on atom . \(Si\) along . is not minus the derivative of the energy: GAP "
            r"eV/angstrom\.",
        ),
    ],
)
def test_what_is_wrong_is_told_with_structure_atom_and_size(sound, changes, expected):
    told = fault_of(Falsified(sound, **changes))
    whole = "soft of Si, structure 'small skewed cell': " + expected.replace("GAP", GAP)
    assert re.fullmatch(whole, told), told


def test_a_prediction_that_is_not_finite_is_told(sound):
    assert fault_of(Falsified(sound, infinite_slab)) == (
        "soft of Si, structure 'slab': the energy is inf, not a finite number."
    )


@pytest.mark.parametrize(
    ("check", "extra", "how"),
    [
        (
            check_translation,
            lambda structure: 1e-3 * structure.positions.sum(),
            rf"all atoms are moved by \({NUMBER}, {NUMBER}, {NUMBER}\) angstrom",
        ),
        (
            check_rotation,
            lambda structure: 1e-3 * np.ptp(structure.positions[:, 0]),
            "atoms and cell are turned together",
        ),
        (
            check_permutation,
            lambda structure: 1e-3 * structure.positions[0, 0],
            r"atoms are listed in the order \d, \d, \d, \d",
        ),
        (
            check_wrapping,
            lambda structure: 1e-3 * np.ptp(structure.positions[:, 0]),
            "atoms are moved across the periodic cell by whole lattice vectors",
        ),
        (
            lambda subject, structure, random, roughness: check_doubling(subject, structure, roughness),
            lambda structure: 1e-3,
            "the cell is doubled along lattice vector 0",
        ),
    ],
    ids=["translation", "rotation", "permutation", "wrapping", "doubling"],
)
def test_an_energy_that_breaks_an_invariance_is_told(sound, check, extra, how):
    structure = sample_structures(["Si"], 2.1, sound.cutoffs)[1]
    random = np.random.default_rng(0)
    with pytest.raises(ConformanceError) as caught:
        check(Falsified(sound, with_energy(extra)), structure, random, 1.0)
    expected = rf"soft of Si, structure 'left-handed cell': the energy is wrong when {how}: {GAP}\."
    assert re.fullmatch(expected, str(caught.value)), caught.value


class FalseModel:
    """A model whose triangles and costs depend on how many structures are evaluated together."""

    def __init__(self, model, triangles=0.0, cost=0.0):
        self._model, self._triangles, self._cost = model, triangles, cost

    def __getattr__(self, name):
        return getattr(self._model, name)

    def linearize(self, geometry, *arguments):
        triangles, cost, bad = self._model.linearize(geometry, *arguments)
        n = len(geometry)
        return triangles * (1.0 + self._triangles * n), cost * (1.0 + self._cost * n), bad


@pytest.mark.parametrize(
    ("errors", "what"),
    [
        ({"triangles": 1e-13}, "the triangle of the Jacobian"),
        ({"cost": 1e-13}, "the sum of squared residuals"),
    ],
)
def test_a_bit_that_depends_on_the_number_of_ranks_is_told(sound, errors, what):
    structures = sample_structures(["Si"], 2.1, sound.cutoffs)
    check_ranks(sound, structures)
    with pytest.raises(ConformanceError) as caught:
        check_ranks(Falsified(sound, model=FalseModel(sound.model, **errors)), structures)
    expected = (
        f"soft of Si: {what} has other bits when 2 ranks share the structures than on one rank "
        rf"\(they differ by up to {NUMBER}\)\."
    )
    assert re.fullmatch(expected, str(caught.value)), caught.value


def test_an_energy_that_jumps_between_contact_and_cutoff_is_told():
    formula = soft("A*(1 - r/rc)**4*(1 - 3*r/rc) + where(r < 2.5, 0.001, 0)*(1 - r/rc)**2")
    with pytest.raises(ConformanceError) as caught:
        check_potential(formula, ["Si"])
    assert str(caught.value) == (
        "soft of Si, Si near Si: the energy jumps by -0.0001406 eV at a distance of 2.5 angstrom, and the "
        "force does not tell."
    )


TRUNCATED = "A*((2/r)**12 - (2/r)**6)"


def test_an_energy_that_jumps_at_the_cutoff_is_told():
    with pytest.raises(ConformanceError) as caught:
        check_potential(soft(TRUNCATED), ["Si"])
    assert str(caught.value) == (
        "soft of Si, Si near Si: the energy jumps by 0.1384 eV at the cutoff of 4 angstrom. Let the energy "
        "end at zero there, or say smooth=False."
    )


def test_a_truncated_potential_may_be_allowed_and_is_reported():
    (report,) = check_potential(soft(TRUNCATED), ["Si"], smooth=False)
    (jump,) = report.jumps
    assert (jump.probe, jump.cutoff) == ("Si near Si", 4.0)
    assert jump.energy == pytest.approx(9 * (2.0**-6 - 2.0**-12))
    assert str(report).splitlines()[-1] == (
        "  Si near Si: at the cutoff of 4 angstrom the energy jumps by 1.38e-01 eV, the force jumps by "
        "2.04e-01 eV/angstrom"
    )


def test_a_force_that_jumps_at_the_cutoff_is_reported():
    (report,) = check_potential(soft(f"{TRUNCATED} - {TRUNCATED.replace('r)', 'rc)')}"), ["Si"])
    assert str(report).splitlines()[-1] == (
        "  Si near Si: at the cutoff of 4 angstrom the force jumps by 2.04e-01 eV/angstrom"
    )


def test_an_energy_without_a_value_beside_the_cutoff_is_told(sound):
    def prediction(structure, found):
        beside = structure.natoms == 2 and abs(structure.positions[0, 0] / 4.0 - 1.0) < 1e-8
        return replace(found, energy=np.nan) if beside else found

    with pytest.raises(ConformanceError) as caught:
        check_cutoff(Falsified(sound, prediction), 2.0, smooth=True)
    assert str(caught.value) == (
        "soft of Si, Si near Si: energy or force is not a finite number beside the cutoff of 4 angstrom."
    )


def test_a_parameter_at_its_bound_is_not_moved_and_reported():
    (report,) = check_potential("lennard-jones", ["Ar"])
    assert report.not_moved == ("rc",)
    assert "  not moved: rc (at a bound)" in str(report).splitlines()


@pytest.mark.parametrize(
    ("potential", "fault"),
    [
        (3, "3 is neither a FormulaPotential nor a function that returns one."),
        (lambda: 3, "<lambda> returned int, not a FormulaPotential."),
        (
            soft("A*(1 - s/rc)"),
            'soft.pair: unknown name s in "A*(1 - s/rc)" (column 8). Known: A, r, rc.',
        ),
    ],
)
def test_what_is_no_potential_is_told(potential, fault):
    with pytest.raises(ConformanceError) as caught:
        check_potential(potential, ["Si"])
    assert str(caught.value) == fault


def test_a_parameter_without_a_value_is_asked_for():
    with pytest.raises(ValueError, match="have no value") as caught:
        check_potential("stillinger-weber", ["C"])
    assert str(caught.value) == (
        "stillinger-weber of C: epsilon, sigma, lambda have no value. Give them, for example "
        "values={'epsilon': 1.0}."
    )


def test_values_are_given_as_in_a_job_file_and_others_are_told_apart():
    bound, values = bind(soft(), ["Si", "C"], {"C-Si": {"A": 3.0}})
    assert dict(zip(map(str, bound.instances), values, strict=True)) == {
        "Si-Si.A": 9.0,
        "Si-C.A": 3.0,
        "C-C.A": pytest.approx(9.0 * 1.04),
        "rc": 4.0,
    }


def test_structures_keep_away_from_cutoffs_and_hold_all_species():
    for structure, shape in zip(sample_structures(["Si", "C"], 2.0, [4.0, 3.1], seed=3), SHAPES, strict=True):
        assert distance_to_cutoffs(structure, [4.0, 3.1]) > 1e-3
        assert set(structure.symbols) == {"Si", "C"}
        assert structure.pbc.tolist() == list(shape.pbc)
        assert (np.linalg.det(structure.cell) < 0) == shape.left_handed
