"""The objective of one rank: against differences of a residual formed by hand, and bit by bit."""

from dataclasses import replace

import numpy as np
import pytest

from hpcfit.geometry import build_geometry
from hpcfit.kernels import SiteModel
from hpcfit.problem.groups import species_index
from hpcfit.problem.memory import MemoryPlan
from hpcfit.problem.rows import block_references
from hpcfit.problem.targets import Targets

EVERYTHING = Targets(energy=True, forces=True, stress=True)
THETA = np.array([0.023, 4.4])
VELOCITY = np.array([0.004, 0.35])
STEP = 0.1
NOTHING_KEPT = MemoryPlan(False, False, np.inf, 0)
IN_PIECES = MemoryPlan(False, False, 1.0, 0)
BONDS_KEPT = MemoryPlan(False, True, 300.0, 0)


def residuals(problem, theta):
    """Residual of every chunk, formed here from predictions: w (prediction - reference) / natoms."""
    block = problem.block
    geometry = build_geometry(block, species_index(block, ("Ar",)), 6.0)
    prediction = problem.model.predict(geometry, problem.parameters.values(theta))
    offsets = problem.model.prediction_offsets(geometry)
    reference = block_references(block, EVERYTHING)
    parts = []
    for c, natoms in enumerate(block.natoms):
        factor = np.concatenate([[6.0], np.full(3 * natoms, 1.0), np.full(6, 40.0)]) / natoms
        own = slice(offsets[c], offsets[c + 1])
        error = factor * (prediction[own] - reference[own])
        parts.append(error[~np.isnan(error)])
    bounds = problem.bounds
    return [np.concatenate(parts[bounds[c] : bounds[c + 1]]) for c in range(len(bounds) - 1)]


def jacobians(problem, theta):
    """Of every chunk, by a five-point rule."""
    columns = []
    for k in range(len(theta)):
        h = 1e-3 * theta[k] * np.eye(len(theta))[k]
        far, near = [
            [
                a - b
                for a, b in zip(
                    residuals(problem, theta + s * h), residuals(problem, theta - s * h), strict=True
                )
            ]
            for s in (2, 1)
        ]
        columns.append([(8 * n - f) / (12 * h[k]) for n, f in zip(near, far, strict=True)])
    return [np.stack(chunk, axis=1) for chunk in zip(*columns, strict=True)]


def test_triangles_are_those_of_the_jacobian_and_residual_by_differences(problem):
    triangles, sums = problem.objective().linearize(THETA)
    assert triangles.shape == (4, 3, 3)
    for c, (r, j) in enumerate(zip(residuals(problem, THETA), jacobians(problem, THETA), strict=True)):
        rows = np.column_stack([j, r])
        expected = rows.T @ rows
        scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
        np.testing.assert_allclose(triangles[c].T @ triangles[c] / scale, expected / scale, atol=1e-9)
        assert sums[c].tolist() == [pytest.approx(r @ r, rel=1e-13), 0.0]


def test_cost_is_the_sum_of_squares_of_each_chunk(problem):
    sums = problem.objective().cost(THETA)
    np.testing.assert_allclose(sums[:, 0], [r @ r for r in residuals(problem, THETA)], rtol=1e-13)
    assert problem.objective().n_residuals == sum(map(len, residuals(problem, THETA)))


def test_curvature_is_the_second_difference_projected_on_the_jacobian(problem):
    objective = problem.objective()
    objective.linearize(THETA)
    found = objective.curvature(THETA, VELOCITY, STEP)
    here, there = residuals(problem, THETA), residuals(problem, THETA + STEP * VELOCITY)
    for c, j in enumerate(jacobians(problem, THETA)):
        second = (2 / STEP) * ((there[c] - here[c]) / STEP - j @ VELOCITY)
        np.testing.assert_allclose(found[c], j.T @ second, rtol=1e-7)


def test_curvature_with_a_small_step_is_the_second_directional_derivative(problem):
    objective = problem.objective()
    h = 1e-3
    steps = [residuals(problem, THETA + s * h * VELOCITY) for s in (-1, 0, 1)]
    found = objective.curvature(THETA, VELOCITY, h)
    for c, j in enumerate(jacobians(problem, THETA)):
        second = (steps[0][c] - 2 * steps[1][c] + steps[2][c]) / h**2
        expected = j.T @ second
        np.testing.assert_allclose(found[c], expected, atol=5e-3 * np.abs(expected).max())


def evaluated(problem, memory, **options):
    objective = problem.objective(memory, **options)
    parts = []
    for theta in (THETA, THETA * 1.02, THETA):
        parts += [
            *objective.linearize(theta),
            objective.curvature(theta, VELOCITY, STEP),
            objective.cost(theta),
        ]
    return [part.tobytes() for part in parts]


@pytest.mark.parametrize("memory", [NOTHING_KEPT, IN_PIECES, BONDS_KEPT])
def test_bits_do_not_depend_on_what_memory_allows_to_keep(problem, memory):
    assert evaluated(problem, memory) == evaluated(problem, MemoryPlan(True, True, np.inf, 0))


def test_bits_do_not_depend_on_the_margin_of_the_lists(problem):
    assert evaluated(problem, NOTHING_KEPT, moving=False) == evaluated(problem, NOTHING_KEPT, moving=True)


def scaled_error(identifier, natoms, weight, prediction, reference, data):
    return weight.vector * (prediction - reference) / natoms


@pytest.mark.parametrize("memory", [MemoryPlan(True, True, np.inf, 0), IN_PIECES])
def test_an_affine_function_gives_the_triangles_costs_and_curvature_of_the_built_in_residual(problem, memory):
    built_in, own = problem.objective(), problem.objective(memory, residual=scaled_error)
    assert own.n_residuals == built_in.n_residuals
    for (triangles, sums), (expected, expected_sums) in [(own.linearize(THETA), built_in.linearize(THETA))]:
        np.testing.assert_allclose(np.abs(triangles), np.abs(expected), atol=1e-12 * np.abs(expected).max())
        np.testing.assert_allclose(sums, expected_sums, rtol=1e-13)
    np.testing.assert_allclose(own.cost(THETA), built_in.cost(THETA), rtol=1e-13)
    curvatures = [each.curvature(THETA, VELOCITY, STEP) for each in (own, built_in)]
    np.testing.assert_allclose(*curvatures, rtol=1e-9)


def soft(identifier, natoms, weight, prediction, reference, data):
    u = weight.vector * (prediction - reference) / natoms
    return u / np.sqrt(1.0 + u**2)


def not_analytic(identifier, natoms, weight, prediction, reference, data):
    return np.array([np.sum(np.abs(prediction - reference) ** 1.5), float(prediction[-1])])


@pytest.mark.parametrize("function", [soft, not_analytic])
def test_gradient_through_a_function_that_is_not_affine_is_right_to_1e_7(problem, function):
    objective = problem.objective(residual=function)
    triangles, _ = objective.linearize(THETA)
    gradient = np.einsum("cik,ci->k", triangles[:, :, :2], triangles[:, :, 2])
    for k, size in enumerate(THETA):
        h = 1e-3 * size * np.eye(2)[k]
        far, near = [
            (objective.cost(THETA + s * h)[:, 0] - objective.cost(THETA - s * h)[:, 0]).sum() for s in (2, 1)
        ]
        # five points; half the slope of the cost is the gradient of the loss
        assert gradient[k] == pytest.approx((8 * near - far) / (24 * h[k]), rel=1e-7)


def test_a_chunk_without_any_reference_has_a_triangle_of_zeros(make_problem):
    block = make_problem().block
    nothing = np.full_like(block.force, np.nan)
    bare = replace(
        block,
        energy=np.array([np.nan, np.nan, *block.energy[2:]]),
        force=np.where(np.arange(block.n_atoms)[:, None] < block.first_atom[2], nothing, block.force),
        stress=np.where(np.arange(len(block))[:, None] < 2, np.nan, block.stress),
    )
    objective = make_problem(bare).objective()
    triangles, sums = objective.linearize(THETA)
    assert not triangles[0].any()
    assert sums[0].tolist() == [0.0, 0.0]
    assert np.isfinite(triangles).all()
    assert triangles[1].any()
    assert not objective.curvature(THETA, VELOCITY, STEP)[0].any()


@pytest.mark.parametrize("theta", [[0.02, np.nan], [0.02, 9.3], [np.inf, 4.4]])
def test_parameters_that_cannot_be_evaluated_count_as_not_finite(problem, theta):
    objective = problem.objective()
    at = np.array(theta)
    assert (objective.cost(at)[:, 1] > 0).all()
    triangles, sums = objective.linearize(at)
    assert (sums[:, 1] > 0).all()
    assert triangles.shape == (4, 3, 3)
    assert np.isnan(objective.curvature(THETA, (at - THETA) / STEP, STEP)).any()


def test_lists_are_rebuilt_when_a_free_cutoff_outgrows_their_margin(problem):
    objective = problem.objective()
    wide = np.array([0.02, 6.0])
    np.testing.assert_allclose(
        objective.cost(wide)[:, 0], [r @ r for r in residuals(problem, wide)], rtol=1e-13
    )
    assert objective.groups[0].keeper.at(6.0).cutoff >= 6.0


def test_a_linearization_is_not_evaluated_again_for_the_curvature_when_its_jacobian_is_kept(
    problem, monkeypatch
):
    calls = []
    original = SiteModel.linearize
    monkeypatch.setattr(
        SiteModel, "linearize", lambda self, *a, **k: (calls.append(1), original(self, *a, **k))[1]
    )
    objective = problem.objective()
    objective.linearize(THETA)
    objective.curvature(THETA, VELOCITY, STEP)
    assert len(calls) == 1
    objective.curvature(THETA * 1.01, VELOCITY, STEP)
    assert len(calls) == 2


def test_seconds_of_folding_are_part_of_the_seconds_of_evaluation(problem):
    objective = problem.objective()
    for _ in range(3):
        objective.linearize(THETA)
    assert 0.0 < objective.folding_seconds < objective.seconds
