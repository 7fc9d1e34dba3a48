"""Embedded-atom splines: where they start, which densities they have, what is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hpcfit.errors import KernelError
from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import build_geometry
from hpcfit.kernels import compile_model
from hpcfit.potentials import POTENTIALS, describe

SPECIES = ("Al", "Cu")
#: an ordered alloy of two to four, near its lattice constant
CELL = 3.87 * np.eye(3)
PLACES = 3.87 * np.array([[0.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.52], [0.5, 0.5, 0.0]])


def rows(name: str, **options: Any) -> np.ndarray:
    """Energy, forces and stress of Cu3Al with the numbers that the potential starts from."""
    bound = BoundPotential(POTENTIALS[name](**options), SPECIES)
    values = np.array([bound.default(each) for each in bound.instances], dtype=float)
    model = compile_model([bound], SPECIES, [], stress=True)
    block = SimpleNamespace(
        identifier=("Cu3Al",),
        first_atom=np.array([0, 4]),
        position=PLACES,
        cell=CELL[None],
        pbc=np.full((1, 3), True),
    )
    species = np.array([0, 1, 1, 1], dtype=np.int32)
    return model.predict(build_geometry(block, species, model.cutoff(values)), values)


@pytest.fixture(scope="module")
def zhou() -> np.ndarray:
    return rows("eam-zhou", truncation="none")


@pytest.mark.parametrize("density", ["element", "pair"])
def test_an_alloy_starts_at_the_splines_nearest_to_zhou(zhou: np.ndarray, density: str) -> None:
    found = rows("eam-spline", density=density, r_min=2.0, r_max=6.4, knots=80, embedding_knots=80)
    assert found[0] == pytest.approx(zhou[0], abs=1e-5)
    assert found[1:-6] == pytest.approx(zhou[1:-6], abs=1e-4)
    assert found[-6:] == pytest.approx(zhou[-6:], abs=3e-5)


@pytest.mark.parametrize(
    ("density", "keys"),
    [("element", ["Al", "Cu"]), ("pair", ["Al-Al", "Al-Cu", "Cu-Al", "Cu-Cu"])],
)
def test_densities_are_of_elements_or_of_ordered_pairs(density: str, keys: list[str]) -> None:
    bound = BoundPotential(POTENTIALS["eam-spline"](density=density), SPECIES)
    assert [bound.label(each) for each in bound.instances if each.name == "f_3"] == [
        f"{key}.f_3" for key in keys
    ]


def test_other_elements_have_no_start() -> None:
    bound = BoundPotential(POTENTIALS["eam-spline"](), ("Cu", "Si"))
    missing = {bound.label(each) for each in bound.instances if bound.default(each) is None}
    assert {"Cu-Si.phi_0", "Si-Si.phi_0", "Si.f_0", "Si.F_0"} <= missing
    assert not {"Cu-Cu.phi_0", "Cu.f_0", "Cu.F_0"} & missing


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"r_min": 6.5}, "r_min, 6.5, is not below r_max, 6."),
        ({"rho_max": -1.0}, "rho_max must be above 0, not -1."),
        ({"knots": 3}, "knots must be at least 4, not 3."),
        ({"embedding_knots": 1}, "embedding_knots must be at least 4, not 1."),
    ],
)
def test_knots_without_a_spline_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(KernelError) as caught:
        POTENTIALS["eam-spline"](**options)
    assert str(caught.value) == message


def test_it_is_described_without_a_line_for_each_coefficient() -> None:
    text = describe("eam-spline", POTENTIALS["eam-spline"])
    assert '  phi_0 .. 17  eV    -        one per pair, "A-B"   coefficients of the pair energy\n' in text
    assert "Coefficients of splines are known for Cu, Ag, Au, Ni," in text
