"""The predicted size of the arrays of atoms, against what generated kernels allocate."""

from __future__ import annotations

import re

from written_potential import written_potential

from hpcfit.devices.cpu import load_module
from hpcfit.formula.potential import BoundPotential
from hpcfit.kernels.density.memory import density_bytes
from hpcfit.kernels.generate import generate_module
from hpcfit.kernels.layout import column_array


def allocated(bound: BoundPotential) -> int:
    """Bytes per atom of the arrays of a model with all parameters free."""
    names = [spec.name for spec in bound.formula.parameters]
    text = generate_module([bound], bound.species, [names], stress=True, jacobian=True)
    columns = column_array(
        load_module(text).LAYOUT, [bound], bound.species, {k: k for k in range(len(bound.instances))}
    )
    width = int(columns[load_module(text).LAYOUT.responses[0].first])
    fields = int(re.search(r"FIELD_ROWS = (\d+)", text)[1])  # type: ignore[index]
    rows = int(re.search(r"span = max\(span, (\d+)", text)[1])  # type: ignore[index]
    pushed = 3 * width * len(bound.species) if "pushed_width = max" in text else 0
    return 8 * (fields + rows * width + pushed)


def test_potentials_with_an_embedding_need_what_is_predicted() -> None:
    formula = written_potential("test", density="a*(4 - r)**b", embedding="-c*sqrt(rho)", cutoff=4.0)
    bound = BoundPotential(formula, ("Cu",))
    assert density_bytes(bound, len(bound.instances), 1) == allocated(bound)


def test_potentials_with_densities_in_other_terms_need_no_more_than_predicted() -> None:
    formula = written_potential(
        "test",
        {"k": "pair"},
        density={"rho": "a*(4 - r)**2", "mu": "(4 - r)**2"},
        rank={"mu": "vector"},
        embedding="-c*sqrt(rho) + mu_squared",
        pair="k*exp(-rho)*(4 - r)**3",
        cutoff=4.0,
    )
    bound = BoundPotential(formula, ("Cu", "Zr"))
    assert 0.2 * density_bytes(bound, len(bound.instances), 2) < allocated(bound)
    assert allocated(bound) <= density_bytes(bound, len(bound.instances), 2)


def test_other_potentials_need_nothing() -> None:
    formula = written_potential("test", pair="k*(4 - r)**3", cutoff=4.0)
    assert density_bytes(BoundPotential(formula, ("Ar",)), 1, 1) == 0
