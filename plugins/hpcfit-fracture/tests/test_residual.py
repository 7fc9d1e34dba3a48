"""Cracks count ten times as much, and the derivative given along is right."""

from __future__ import annotations

import numpy as np
from hpcfit.residuals import WeightView
from hpcfit.testing import check_residual, sample_configurations
from hpcfit.weights import ConfigurationWeight

from hpcfit_fracture.residual import cracks_count_more


def test_it_keeps_what_hpcfit_expects_of_a_residual() -> None:
    check_residual(cracks_count_more, zero=True)
    check_residual(cracks_count_more, {"factor": 3.0}, zero=True)


def test_a_configuration_with_cracks_counts_ten_times() -> None:
    configuration = sample_configurations()[0]
    weight = ConfigurationWeight(energy=2.0)
    view = WeightView.of(weight, weight.vector(configuration.natoms), configuration, (True, False, False))
    arguments = (4, view, np.array([-3.0]), np.array([-3.4]))
    for identifier, data, factor in (
        ("bulk", {}, 1.0),
        ("si_with_cracks_3", {}, 10.0),
        ("si_with_cracks_3", {"factor": 3.0}, 3.0),
    ):
        found = cracks_count_more(identifier, *arguments, data)
        np.testing.assert_allclose(found, [factor * 2.0 * 0.4 / 4], rtol=1e-14)
