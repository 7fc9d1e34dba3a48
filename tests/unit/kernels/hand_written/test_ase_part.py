"""ASE calculators as potentials: what they are asked, how often, and what is said when they fail."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import parallel
from ase.calculators.calculator import Calculator, PropertyNotImplementedError, all_changes
from ase.calculators.lj import LennardJones
from site_examples import bonds

from hpcfit.data import configuration
from hpcfit.errors import KernelError, PluginError
from hpcfit.formula.potential import BoundPotential, ParameterSpec
from hpcfit.kernels import AnyModel, AsePotential, compile_model
from hpcfit.kernels.model_facts import missing_quantities

SPRING = (ParameterSpec("k", "shared", 2.0), ParameterSpec("r0", "shared", 3.0))
VALUES = np.array([2.0, 3.0])
CELL = configuration("cell", [18, 18], [[0, 0, 0], [3.5, 0, 0]], np.diag([9.0, 9.0, 9.0]), True)
CLUSTER = configuration("cluster", [18, 18], [[0, 0, 0], [3.5, 0, 0]])
MIXED = configuration("mixed", [18, 36, 18], [[0, 0, 0], [0, 2.0, 0], [3.5, 0, 0]])


class Spring(Calculator):
    """k (r - r0)^2 between the first two atoms; counts what it is asked for."""

    implemented_properties = ["energy", "forces", "stress"]  # noqa: RUF012
    default_parameters: Mapping[str, Any] = {"k": 1.0, "r0": 3.0, "fails": ""}
    asked: list[tuple[str, ...]] = []  # noqa: RUF012
    ranks: list[int] = []  # noqa: RUF012

    def calculate(
        self, atoms: Any = None, properties: Any = ("energy",), system_changes: Any = all_changes
    ) -> None:
        super().calculate(atoms, properties, system_changes)  # type: ignore[no-untyped-call]
        Spring.asked.append(tuple(properties))
        Spring.ranks.append(parallel.world.size)
        if self.parameters.fails == "raises":
            raise RuntimeError("no convergence")
        if self.parameters.fails == "exits":
            sys.exit(3)
        positions = self.atoms.positions  # type: ignore[attr-defined]
        vector = positions[1] - positions[0]
        r = np.linalg.norm(vector)
        pull = 2.0 * self.parameters.k * (r - self.parameters.r0) / r * vector
        forces = np.zeros_like(positions)
        forces[0], forces[1] = pull, -pull
        self.results = {"energy": self.parameters.k * (r - self.parameters.r0) ** 2, "forces": forces}
        if self.atoms.cell.rank == 3:  # type: ignore[attr-defined]
            self.results["stress"] = np.array([-pull[0] * vector[0], 0, 0, 0, 0, 0]) / -729.0
        if self.parameters.fails == "shape":
            self.results["forces"] = forces[0]
        if self.parameters.fails == "text":
            self.results["energy"] = "low"


class EnergyAlone(Spring):
    implemented_properties = ["energy"]  # noqa: RUF012

    def get_property(self, name: str, atoms: Any = None, allow_calculation: bool = True) -> Any:
        if name != "energy":
            raise PropertyNotImplementedError(name)
        return super().get_property(name, atoms, allow_calculation)  # type: ignore[no-untyped-call]


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    Spring.asked.clear()
    Spring.ranks.clear()


def model(
    calculator: Any = Spring, active: tuple[int, ...] = (0, 1), species: str = "Ar", **options: Any
) -> AnyModel:
    found = AsePotential("Spring", SPRING, calculator, {k: v for k, v in options.items() if k == "fails"})
    wanted = {k: v for k, v in options.items() if k != "fails"}
    return compile_model([BoundPotential(found, (species,))], ["Ar", "Kr"], active, True, **wanted)


def test_energy_forces_and_stress_with_their_derivatives_come_from_the_calculator() -> None:
    geometry = bonds([CELL, CLUSTER], ("Ar",), 1.0)
    found = model().predict_jacobian(geometry, 0, 2, VALUES)
    energy, pull = 2.0 * 0.25, 2.0
    expected = np.array([energy, pull, 0, 0, -pull, 0, 0, pull * 3.5 / 729.0, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(found[:13, 2], expected, rtol=1e-14)
    np.testing.assert_allclose(found[:13, 0], expected / 2.0, rtol=1e-9)
    np.testing.assert_allclose(found[1, 1], -4.0, rtol=1e-9)
    # A cluster has no stress.
    np.testing.assert_allclose(found[13:20, 2], expected[:7], rtol=1e-14)
    assert np.isnan(found[20:]).all()


def test_a_jacobian_costs_two_evaluations_a_parameter_besides_that_at_the_values() -> None:
    geometry = bonds([CLUSTER], ("Ar",), 1.0)
    made = model()
    made.predict_jacobian(geometry, 0, 1, VALUES)
    assert len(Spring.asked) == 2 * 2 + 1
    # What was computed last is not computed again.
    made.predict(geometry, VALUES)
    assert len(Spring.asked) == 5
    made.predict(geometry, VALUES + 0.1)
    assert len(Spring.asked) == 6


def test_a_calculator_without_free_parameters_is_asked_once_for_each_configuration() -> None:
    geometry = bonds([CELL, CLUSTER], ("Ar",), 1.0)
    made = model(active=())
    for _ in range(3):
        made.predict_jacobian(geometry, 0, 2, VALUES)
    assert len(Spring.asked) == 2


def test_forces_that_are_no_target_are_not_asked_for() -> None:
    geometry = bonds([CLUSTER], ("Ar",), 1.0)
    found = model(EnergyAlone, forces=False).predict_jacobian(geometry, 0, 1, VALUES)
    assert Spring.asked == [("energy",)] * 5
    np.testing.assert_allclose(found[0], [0.25, -2.0, 0.5], rtol=1e-9)
    assert np.isnan(found[1:7]).all()


def test_bounds_are_not_left_by_differences() -> None:
    seen: list[float] = []

    def watched(k: float, r0: float) -> Spring:
        seen.append(r0)
        return Spring(k=k, r0=r0)

    limits = np.array([0.0, 3.0]), np.array([9.0, 9.0])
    geometry = bonds([CLUSTER], ("Ar",), 1.0)
    found = model(watched, limits=limits).predict_jacobian(geometry, 0, 1, VALUES)
    assert min(seen) == 3.0
    np.testing.assert_allclose(found[0, 1], -2.0, rtol=1e-8)


def test_atoms_of_other_species_are_left_out() -> None:
    geometry = bonds([MIXED], ("Ar", "Kr"), 1.0)
    rows = model().predict(geometry, VALUES)
    np.testing.assert_allclose(rows[:10], [0.5, 2.0, 0, 0, 0, 0, 0, -2.0, 0, 0], rtol=1e-14)
    none = model(species="Kr").predict(bonds([CLUSTER], ("Ar", "Kr"), 1.0), VALUES)
    assert none[:7].tolist() == [0.0] * 7
    assert len(Spring.asked) == 1


def test_ase_sees_one_process_while_a_calculator_works(monkeypatch: pytest.MonkeyPatch) -> None:
    many = type("Many", (), {"size": 7, "rank": 3})()
    monkeypatch.setattr(parallel.world, "comm", many)
    model().predict(bonds([CLUSTER], ("Ar",), 1.0), VALUES)
    assert set(Spring.ranks) == {1}
    assert parallel.world.comm is many


def test_what_a_calculator_does_not_compute_is_known_before_it_is_asked() -> None:
    assert missing_quantities(model(), VALUES) == {}
    both = AsePotential("Both", SPRING, EnergyAlone)
    found = compile_model([BoundPotential(both, ("Ar",))] * 2, ["Ar"], [], True)
    assert missing_quantities(found, np.tile(VALUES, 2)) == {
        "forces": ("Both", "Both"),
        "stress": ("Both", "Both"),
    }
    assert Spring.asked == []


@pytest.mark.parametrize(
    ("fails", "told"),
    [
        ("raises", f"raised RuntimeError: no convergence ({__file__}:LINE)."),
        (
            "exits",
            f"called sys.exit(3) ({__file__}:LINE); raise an exception that says what is wrong instead.",
        ),
        (
            "shape",
            "returned an array (3,) of float64 as forces, where an array (2, 3) of real numbers is expected.",
        ),
        ("text", "returned 'low' as energy, where a real number is expected."),
    ],
)
def test_a_failure_names_calculator_configuration_and_values(fails: str, told: str) -> None:
    with pytest.raises(PluginError) as caught:
        model(fails=fails).predict(bonds([CLUSTER], ("Ar",), 1.0), VALUES)
    message = str(caught.value)
    lines = Path(__file__).read_text().splitlines()
    place = {"raises": 'RuntimeError("no conv', "exits": "sys.exit(3)\n"}.get(fails, "")
    line = next((k for k, text in enumerate(lines, 1) if place and place in f"{text}\n"), 0)
    assert message == f"calculator Spring, configuration 'cluster', at k = 2, r0 = 3: {told}".replace(
        "LINE", str(line)
    )


@pytest.mark.parametrize(("made", "what"), [(None, "None"), (3.0, "a float")])
def test_what_is_no_calculator_is_told_as_such(made: Any, what: str) -> None:
    form = AsePotential("Spring", SPRING, lambda k, r0: made)
    with pytest.raises(PluginError) as caught:
        compile_model([BoundPotential(form, ("Ar",))], ["Ar"], [], False).predict(
            bonds([CLUSTER], ("Ar",), 1.0), VALUES
        )
    assert str(caught.value) == (
        f"calculator Spring, configuration 'cluster', at k = 2, r0 = 3: made {what}, which is no calculator "
        f"of "
        "ASE. Give a class or function that makes one."
    )


def test_a_calculator_that_cannot_be_made_is_told_of_with_its_values() -> None:
    def picky(k: float, r0: float) -> Spring:
        raise ValueError("k must be odd")

    line = picky.__code__.co_firstlineno + 1
    with pytest.raises(PluginError) as caught:
        missing_quantities(model(picky), VALUES)
    assert str(caught.value) == (
        f"calculator Spring, at k = 2, r0 = 3: raised ValueError: k must be odd ({__file__}:{line})."
    )


def strict(*, k: float, r0: float) -> Spring:
    return Spring(k=k, r0=r0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"calculator": Spring()},
            "Spring: Spring is neither a class nor a function. Give the class of the calculator; hpcfit "
            "makes one for each evaluation",
        ),
        ({"options": {"k": 3.0}}, "Spring: k is both a parameter and an option. Remove one"),
        ({"options": {"fail": "no"}}, "Spring: unknown argument fail. Did you mean fails?"),
        (
            {"calculator": strict, "options": {"smooth": True}},
            "Spring: unknown argument smooth. Known: k, r0",
        ),
        (
            {"parameters": (ParameterSpec("k", "pair", 1.0),)},
            "Spring: k is a pair parameter, but keyword arguments are shared by all species. Map them by a "
            'function: ase = "file.py:function"',
        ),
    ],
)
def test_what_cannot_be_a_calculator_or_its_argument_is_refused(fields: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"name": "Spring", "parameters": SPRING, "calculator": Spring, **fields}
    with pytest.raises(KernelError) as caught:
        AsePotential(**given)
    assert str(caught.value) == message


def test_what_a_class_takes_besides_what_it_lists_is_let_through() -> None:
    AsePotential("LJ", SPRING[:0], LennardJones, {"directory": "here", "rc": 3.0})
