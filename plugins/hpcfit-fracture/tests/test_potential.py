"""The potential keeps what hpcfit expects of one, and is Stillinger-Weber with twice the angular term."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hpcfit.formula.potential import BoundPotential
from hpcfit.potentials import POTENTIALS
from hpcfit.testing import check_potential, sample_configurations
from hpcfit.testing.potential.subject import Subject

from hpcfit_fracture.potential import brittle_silicon

SILICON = [replace(each, numbers=np.full(each.natoms, 14, np.uint8)) for each in sample_configurations()]


def test_it_keeps_what_hpcfit_expects_of_a_potential() -> None:
    (report,) = check_potential(brittle_silicon, ["Si"])
    assert report.jumps == ()


def test_with_the_original_lambda_it_is_the_catalogue_potential() -> None:
    def predicted(made, **changes: float):
        bound = BoundPotential(made, ("Si",))
        values = [changes.get(each.name, bound.default(each)) for each in bound.instances]
        return Subject(bound, np.array(values)).predict(SILICON)

    ours = predicted(brittle_silicon(), **{"lambda": 21.0})
    theirs = predicted(POTENTIALS["stillinger-weber"]())
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one.rows[:-6], other.rows[:-6], rtol=1e-12, atol=1e-12)


def test_the_published_stiffness_is_twice_the_original() -> None:
    assert brittle_silicon().parameter("lambda").default == 42.0
