"""Groups of residuals that are formed from predictions: derivatives, energies of anchors, bits."""

from dataclasses import replace

import numpy as np
import pytest

from hpcfit.data import gather
from hpcfit.errors import JobError
from hpcfit.geometry import build_geometry
from hpcfit.problem import block_group
from hpcfit.problem.anchors import Anchors
from hpcfit.problem.groups import ResidualChoice, build_groups, part_of, species_index
from hpcfit.problem.local_objective import LocalObjective
from hpcfit.problem.memory import MemoryPlan
from hpcfit.problem.row_names import row_name
from hpcfit.problem.targets import Targets
from hpcfit.residuals import EnergyDifferences, EnergyForces, ForceMagnitudeDirection, FormulaResidual
from hpcfit.weights import ConstantWeights

THETA = np.array([0.023, 4.4])
VELOCITY = np.array([0.004, 0.35])
KEEP_ALL, KEEP_NOTHING = MemoryPlan(True, True, np.inf, 0), MemoryPlan(False, False, 1.0, 0)
SOFT = FormulaResidual("weight*tanh(prediction - reference)", "weight*atan((prediction - reference)/0.1)")


def soft(identifier, natoms, weight, prediction, reference, data):
    return weight.vector * np.arctan(prediction - reference)


def slope(identifier, natoms, weight, prediction, reference, data):
    return weight.vector / (1.0 + (prediction - reference) ** 2)


soft.jacobian = slope


def named(residual):
    return getattr(residual, "__name__", type(residual).__name__)


def anchors_of(problem):
    """Configuration 5 is the anchor of those of eight atoms, 0 that of the others and of itself; 2 has no
    energy. All are argon: n is the ratio of the atoms."""
    block = gather([problem.block.configuration(c) for c in (0, 5)])
    index = np.array([0, 1, -1, 1, 0, 1, 0])
    ratio = problem.block.natoms / block.natoms[index]
    ratio[4] = 1.0
    return Anchors(block, index, ratio, np.array([c in (0, 5) for c in range(7)]))


def objective(problem, residual, memory=KEEP_ALL):
    anchors = anchors_of(problem) if isinstance(residual, EnergyDifferences) else None
    groups = build_groups(
        problem.block,
        problem.bounds,
        np.full(len(problem.block), 500.0),
        species=("Ar",),
        targets=Targets(True, True, True),
        scheme=ConstantWeights(config=2.0, energy=3.0, forces=0.5, stress=20.0),
        choice=ResidualChoice(residual, "test", {}, anchors),
        moving=True,
        memory=memory,
    )
    return LocalObjective(problem.model, problem.parameters, groups)


@pytest.mark.parametrize("residual", [SOFT, ForceMagnitudeDirection(), EnergyDifferences(), soft], ids=named)
def test_the_gradient_is_that_of_the_cost(problem, residual):
    made = objective(problem, residual)
    triangles, sums = made.linearize(THETA)
    np.testing.assert_allclose(sums[:, 0], made.cost(THETA)[:, 0], rtol=1e-12)
    gradient = np.einsum("cik,ci->ck", triangles[:, :, :2], triangles[:, :, 2])
    for k, size in enumerate(THETA):
        h = 1e-3 * size * np.eye(2)[k]
        far, near = [made.cost(THETA + s * h)[:, 0] - made.cost(THETA - s * h)[:, 0] for s in (2, 1)]
        np.testing.assert_allclose(gradient[:, k], (8 * near - far) / (24 * h[k]), rtol=1e-6, atol=1e-9)


def everything(problem, residual, memory):
    made = objective(problem, residual, memory)
    parts = []
    for theta in (THETA, THETA * 1.02, THETA):
        parts += [*made.linearize(theta), made.curvature(theta, VELOCITY, 0.1), made.cost(theta)]
    return [part.tobytes() for part in parts]


@pytest.mark.parametrize("residual", [SOFT, ForceMagnitudeDirection(), EnergyDifferences(), soft], ids=named)
def test_bits_do_not_depend_on_memory_or_on_the_size_of_batches(problem, residual, monkeypatch):
    expected = everything(problem, residual, KEEP_ALL)
    assert everything(problem, residual, KEEP_NOTHING) == expected
    monkeypatch.setattr(block_group, "BATCH_ROWS", 1)
    assert everything(problem, residual, KEEP_ALL) == expected
    assert everything(problem, residual, MemoryPlan(False, True, np.inf, 0)) == expected


def test_the_formula_of_the_built_in_residual_gives_its_triangles_and_curvature(problem):
    own = objective(problem, FormulaResidual(*["weight*(prediction - reference)/natoms"] * 3))
    built_in = objective(problem, EnergyForces())
    for found, expected in zip(own.linearize(THETA), built_in.linearize(THETA), strict=True):
        np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-12 * np.abs(expected).max())
    curvatures = [each.curvature(THETA, VELOCITY, 0.1) for each in (own, built_in)]
    np.testing.assert_allclose(*curvatures, rtol=1e-9)


def test_energy_differences_are_those_of_predictions_and_references_by_hand(problem):
    made = objective(problem, EnergyDifferences(normalize_by_natoms=False))
    block, anchors = problem.block, anchors_of(problem)
    values = problem.parameters.values(THETA)
    geometry = build_geometry(block, species_index(block, ("Ar",)), 6.0)
    energy = problem.model.predict(geometry, values)[problem.model.prediction_offsets(geometry)[:-1]]
    plain = objective(problem, EnergyForces(False))
    expected = plain.cost(THETA)[:, 0]
    for chunk in range(4):
        for c in range(problem.bounds[chunk], problem.bounds[chunk + 1]):
            if np.isnan(block.energy[c]):
                continue
            expected[chunk] -= (6.0 * (energy[c] - block.energy[c])) ** 2
            anchor = (0, 5)[anchors.index[c]]
            if c != anchor:
                n = anchors.ratio[c]
                difference = energy[c] - n * energy[anchor] - block.energy[c] + n * block.energy[anchor]
                expected[chunk] += (6.0 * difference) ** 2
    np.testing.assert_allclose(made.cost(THETA)[:, 0], expected, rtol=1e-11)
    assert made.n_residuals == plain.n_residuals - 2


def test_energy_differences_without_anchors_are_refused(problem):
    with pytest.raises(JobError) as caught:
        build_groups(
            problem.block, problem.bounds, np.full(7, 1.0), species=("Ar",), targets=Targets(),
            scheme=ConstantWeights(), choice=ResidualChoice(EnergyDifferences(), "energy-differences"),
            moving=False, memory=KEEP_ALL,
        )  # fmt: skip
    assert str(caught.value) == (
        "residual energy-differences: no reference configurations were found for it."
    )


def test_what_is_not_finite_is_told_by_configuration_and_element(problem):
    bad = FormulaResidual(
        forces="log(prediction - reference - 1e9)", energy="sqrt(0*(prediction - reference))"
    )
    made = objective(problem, bad)
    told = made.faults(THETA, 1)  # configuration 2 alone, which has no energy
    assert len(told) == 12
    assert told[0].startswith(
        "residual test, configuration 'argon-2': the residual of its force x of atom 0 is nan at the initial "
        "values, where the prediction is "
    )
    assert not objective(problem, EnergyForces()).faults(THETA, 1)


def test_functions_tell_their_own_faults(problem):
    made = objective(problem, lambda i, n, w, prediction, reference, d: np.sqrt(prediction - 1e9))
    told = made.faults(THETA, 0)
    assert len(told) == 2
    assert "configuration 'argon-0': element 0 of the 13 that it returns is nan" in told[0]
    assert made.faults(THETA, 9) == []


def test_rows_have_names():
    names = [row_name(row, 2) for row in (0, 1, 6, 7, 12)]
    assert names == ["energy", "force x of atom 0", "force z of atom 1", "stress xx", "stress xy"]


def test_a_part_of_the_anchors_belongs_to_a_part_of_the_block(problem):
    whole = anchors_of(problem)
    part = whole.part(slice(2, 5))
    assert part.index.tolist() == [-1, 1, 0]
    assert part.block is whole.block
    assert len(part_of(problem.block, 2, 5)) == len(part.ratio) == len(replace(part).itself)
