"""y = x^(1/3) by a network of three units, whose best least squares are known."""

from __future__ import annotations

import numpy as np
import pytest

from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.kernels.rows.network_model import NetworkModel
from hpcfit.kernels.rows.row_data import RowData
from hpcfit.models.mlp import mlp
from hpcfit.optimize.dense import DenseObjective
from hpcfit.optimize.geodesic_lm import minimize
from hpcfit.optimize.options import GeodesicLMOptions

ROWS = 50
#: of the best starts; the infimum is not reached at any finite weights
MEAN_SQUARE = 5.5e-7


def mean_square(seed: int) -> float:
    """After a fit from the weights of this seed; it ends once it is good enough."""
    x, group = np.linspace(0.0, 1.0, ROWS)[None], np.zeros(ROWS, np.int32)
    y = np.cbrt(x)
    form = mlp((3,), "tanh", seed).of_columns(("x",), ("y",)).started(x, y, group, ("",))
    model = NetworkModel(BoundPotential(form, ("",)), range(form.n_weights))
    data = RowData.of(x, y, np.ones_like(y), group)
    values = np.array([spec.default for spec in form.parameters], dtype=np.float64)
    assert form.n_weights == 10

    def whole(theta: np.ndarray) -> np.ndarray:
        return np.concatenate([theta, values[10:]])

    objective = DenseObjective(
        lambda theta: (model.predict(data, whole(theta)) - y)[0],
        lambda theta: model.predict_jacobian(data, whole(theta))[:-1, 0].T,
        10,
    )
    options = GeodesicLMOptions(cost_target=MEAN_SQUARE * ROWS)
    return minimize(objective, values[:10], options=options).cost / ROWS


def test_best_of_a_few_seeds_is_the_best_there_is() -> None:
    found = [mean_square(seed) for seed in range(4)]
    assert min(found) <= MEAN_SQUARE
    # Some starts end in the next best valley, which is why there are several.
    assert max(found) == pytest.approx(1.377e-6, rel=0.01)
