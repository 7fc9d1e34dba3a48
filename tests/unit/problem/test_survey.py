"""What a survey says of a block: compositions, and the influence of the rows that take part."""

from dataclasses import dataclass

import numpy as np
import pytest

from hpcfit.data import configuration, gather
from hpcfit.errors import PluginError
from hpcfit.problem.groups import part_of
from hpcfit.problem.survey import survey_block
from hpcfit.problem.targets import Targets
from hpcfit.residuals import EnergyForces, ScaledDifference
from hpcfit.weights import Survey

CELL = 10.0 * np.eye(3)
EVERYTHING = Targets(energy=True, forces=True, stress=True)


def block():
    """Everything known; no energy; energy only."""
    return gather(
        [
            configuration(
                "whole", [14, 6], [[0, 0, 0], [2, 0, 0]], CELL, True,
                energy=-8.0, forces=np.zeros((2, 3)), stress=np.zeros(6), tag="a",
            ),
            configuration("no energy", [14], [[0, 0, 0]], CELL, True, forces=[[4, 5, 6]], tag="b"),
            configuration("energy only", [14, 14, 6, 14], np.eye(4, 3), CELL, True, energy=-16.0, tag="b"),
        ]
    )  # fmt: skip


def surveyed(targets=EVERYTHING, residual=None):
    return survey_block(block(), ("C", "Si"), targets, residual or EnergyForces(True))


def test_names_energies_and_compositions():
    found = surveyed()
    assert found.identifiers == ("whole", "no energy", "energy only")
    assert found.tags == ("a", "b", "b")
    assert found.natoms.tolist() == [2, 1, 4]
    np.testing.assert_array_equal(found.energy, [-8.0, np.nan, -16.0])
    assert found.compositions.tolist() == [[1, 1], [0, 1], [1, 3]]
    assert len(found) == 3


@pytest.mark.parametrize(
    ("targets", "residual", "influence"),
    [
        (EVERYTHING, EnergyForces(False), [[1, 6, 6], [0, 3, 0], [1, 0, 0]]),
        (EVERYTHING, EnergyForces(True), [[1 / 4, 6 / 4, 6 / 4], [0, 3, 0], [1 / 16, 0, 0]]),
        (EVERYTHING, EnergyForces("energy"), [[1 / 4, 6, 6], [0, 3, 0], [1 / 16, 0, 0]]),
        (Targets(True, True, False), EnergyForces(False), [[1, 6, 0], [0, 3, 0], [1, 0, 0]]),
        (Targets(False, True, True), EnergyForces(False), [[0, 6, 6], [0, 3, 0], [0, 0, 0]]),
        (EVERYTHING, lambda *arguments: arguments[3], [[1, 6, 6], [0, 3, 0], [1, 0, 0]]),
    ],
)
def test_influence_counts_squared_factors_of_targets_with_references(targets, residual, influence):
    np.testing.assert_allclose(surveyed(targets, residual).influence, influence, rtol=1e-15)


def test_surveys_of_parts_join_to_that_of_the_whole():
    parts = [
        survey_block(part_of(block(), first, last), ("C", "Si"), EVERYTHING, EnergyForces(True))
        for first, last in ((0, 1), (1, 1), (1, 3))
    ]
    joined, whole = Survey.joined(parts), surveyed()
    for name in ("identifiers", "tags", "species"):
        assert getattr(joined, name) == getattr(whole, name)
    for name in ("natoms", "energy", "compositions", "influence"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))


@dataclass(frozen=True)
class Broken(ScaledDifference):
    def factors(self, weights, configuration):
        raise KeyError("charge")


def test_a_residual_that_raises_is_named_with_its_configuration():
    with pytest.raises(PluginError) as caught:
        surveyed(residual=Broken())
    assert str(caught.value).startswith(
        "residual Broken, configuration 'whole': raised KeyError: 'charge' (" + __file__
    )
