"""The whole objective through ties, transforms and priors, against differences of the residual."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from hpcfit.formula.own import OwnFormulas, own_potential
from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import build_geometry
from hpcfit.kernels import compile_model
from hpcfit.linalg import RFactor
from hpcfit.optimize.objective import Cost, Linearization
from hpcfit.problem.groups import species_index
from hpcfit.problem.memory import MemoryPlan
from hpcfit.problem.parameters import GivenParameter, PotentialInput, Prior, build_parameters
from hpcfit.problem.prior_objective import with_priors
from hpcfit.problem.rows import block_references
from hpcfit.problem.targets import Targets

EVERYTHING = Targets(energy=True, forces=True, stress=True)
#: rc is moved by its logarithm, a by its logit; k hangs on both and on b
GIVEN = {
    ((), "rc"): GivenParameter(4.6, 0.0, transform="log"),
    ((), "k"): GivenParameter(tie="a*exp(-b)*4.6/rc", prior=Prior(0.03, 0.01)),
    ((), "a"): GivenParameter(0.03, 0.0, 0.2, transform="logit", prior=Prior(0.02, 0.02)),
    ((), "b"): GivenParameter(0.4),
}
VELOCITY = np.array([0.06, 0.8, 0.3])
STEP = 0.1


@pytest.fixture
def tied(problem):
    """The problem of conftest with the parameters above; theta is that of rc, a and b."""
    formula = own_potential(OwnFormulas({"pair": "k*(rc - r)**3/r"}, {}, {"": "rc"}, {}), {}, "test")
    bound = BoundPotential(formula, ("Ar",))
    parameters = build_parameters([PotentialInput(bound, GIVEN, ("a", "b"))])
    active = np.flatnonzero(parameters.columns >= 0)
    model = compile_model([bound], ("Ar",), active.tolist(), True, parameters.columns[active].tolist())
    return replace(problem, model=model, parameters=parameters)


@dataclass
class Merged:
    """The objective of all chunks, as rank 0 sees it."""

    local: object

    @property
    def n_parameters(self):
        return self.local.n_parameters

    def linearize(self, theta):
        triangles, sums = self.local.linearize(theta)
        factor = RFactor(triangles[0], self.local.n_residuals)
        for triangle in triangles[1:]:
            factor = factor.merge(RFactor(triangle, 0))
        return Linearization(factor, *sums.sum(axis=0))

    def cost(self, theta):
        return Cost(*self.local.cost(theta).sum(axis=0))

    def curvature(self, theta, velocity, h):
        return self.local.curvature(theta, velocity, h).sum(axis=0)


def merged(tied, *memory):
    return with_priors(Merged(tied.objective(*memory)), tied.parameters)


def residual(tied, theta):
    """All residuals, formed here: w (prediction - reference)/natoms, and those of the priors."""
    block = tied.block
    geometry = build_geometry(block, species_index(block, ("Ar",)), 7.0)
    prediction = tied.model.predict(geometry, tied.parameters.values(theta))
    offsets = tied.model.prediction_offsets(geometry)
    reference = block_references(block, EVERYTHING)
    parts = []
    for c, natoms in enumerate(block.natoms):
        factor = np.concatenate([[6.0], np.full(3 * natoms, 1.0), np.full(6, 40.0)]) / natoms
        own = slice(offsets[c], offsets[c + 1])
        error = factor * (prediction[own] - reference[own])
        parts.append(error[~np.isnan(error)])
    rc = 4.6 * np.exp(theta[0] - 1.0)
    a = 0.2 / (1.0 + np.exp(-(theta[1] - 1.0 + np.log(0.03 / 0.17))))
    k = a * np.exp(-theta[2]) * 4.6 / rc
    values = dict(
        zip([i.name for i in tied.model.potentials[0].instances], tied.parameters.values(theta), strict=True)
    )
    assert values == {"rc": pytest.approx(rc, rel=1e-14), "k": pytest.approx(k, rel=1e-13)}
    return np.concatenate([*parts, [(k - 0.03) / 0.01, (a - 0.02) / 0.02]])  # fmt: skip


def jacobian(tied, theta):
    columns = []
    for k in range(3):
        h = 3e-4 * np.eye(3)[k]
        far, near = (residual(tied, theta + s * h) - residual(tied, theta - s * h) for s in (2, 1))
        columns.append((8 * near - far) / 36e-4)
    return np.stack(columns, axis=1)


def thetas(tied):
    start = tied.parameters.start
    return [start, start + np.array([-0.03, 0.4, 0.2])]


def test_the_triangle_is_that_of_jacobian_and_residual_by_differences(tied):
    for theta in thetas(tied):
        found = merged(tied).linearize(theta)
        r = residual(tied, theta)
        rows = np.column_stack([jacobian(tied, theta), r])
        expected = rows.T @ rows
        scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
        triangle = found.rfactor.triangle
        np.testing.assert_allclose(triangle.T @ triangle / scale, expected / scale, atol=1e-9)
        assert found.rfactor.rows == len(r)
        assert found.cost == pytest.approx(r @ r, rel=1e-12)
        cost = merged(tied).cost(theta)
        assert (cost.value, cost.nonfinite) == (pytest.approx(r @ r, rel=1e-12), 0)


def test_the_curvature_sees_how_values_bend_along_the_velocity(tied):
    for theta in thetas(tied):
        j = jacobian(tied, theta)
        change = (residual(tied, theta + STEP * VELOCITY) - residual(tied, theta)) / STEP
        expected = j.T @ ((2 / STEP) * (change - j @ VELOCITY))
        np.testing.assert_allclose(merged(tied).curvature(theta, VELOCITY, STEP), expected, rtol=1e-7)


def test_what_memory_allows_to_keep_changes_no_bits(tied):
    nothing = MemoryPlan(False, False, 1.0, 0)
    for theta in thetas(tied):
        outcomes = [
            (
                each.linearize(theta).rfactor.triangle.tobytes(),
                each.curvature(theta, VELOCITY, STEP).tobytes(),
                each.cost(theta),
            )
            for each in (merged(tied), merged(tied, nothing))
        ]
        assert outcomes[0] == outcomes[1]


def test_values_that_do_not_exist_are_counted(tied):
    objective = merged(tied)
    beyond = tied.parameters.start + np.array([0.0, 0.0, -1e4])
    assert not objective.cost(beyond).is_finite
    assert not objective.linearize(beyond).is_finite
    start = tied.parameters.start
    assert np.isnan(objective.curvature(start, (beyond - start) / STEP, STEP)).all()


def test_without_priors_the_objective_is_the_one_of_the_data(problem):
    data = Merged(problem.objective())
    assert with_priors(data, problem.parameters) is data
