"""What is given in formulas of one's own counts, or is refused."""

from __future__ import annotations

import pytest

from hpcfit.errors import KernelError
from hpcfit.formula.own import OwnFormulas, own_potential


def made(cutoffs: dict[str, str] | None = None, rank: str | None = None, **terms: str) -> None:
    densities = {"mu": ("exp(-r)", rank)} if rank else {}
    own_potential(OwnFormulas(terms, densities, cutoffs or {"": "4"}), {}, "potential[0]")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rank", "names"), [("scalar", "mu"), ("vector", "mu_squared"), ("tensor", "mu_squared or mu_trace")]
)
def test_a_density_that_no_energy_uses_is_refused(rank: str, names: str) -> None:
    with pytest.raises(KernelError) as caught:
        made(rank=rank, pair="1/r")
    assert str(caught.value) == (
        "potential[0].density: no energy uses this density. "
        f"Write {names} in embedding, pair or triplet, or remove it"
    )


def test_a_bond_environment_that_the_pair_energy_does_not_use_is_refused() -> None:
    with pytest.raises(KernelError) as caught:
        made(pair="1/r", bond_environment="exp(-r2)")
    assert str(caught.value) == (
        "potential[0].bond_environment: pair does not use it. Write zeta in pair, or remove it"
    )


def test_the_cutoff_of_a_term_that_is_not_there_is_refused() -> None:
    with pytest.raises(KernelError) as caught:
        made({"": "4", "triplt": "3"}, pair="1/r", triplet="costheta")
    assert str(caught.value) == (
        "potential[0].cutoff.triplt: there is no such term to end. Did you mean triplet?"
    )


def test_what_is_used_by_way_of_let_is_used() -> None:
    formulas = OwnFormulas(
        {"embedding": "-depth", "pair": "order/r", "bond_environment": "exp(-r2)"},
        {"rho": ("exp(-r)", "scalar")},
        {"": "4", "density": "3", "bond_environment": "3.5"},
        {"depth": "sqrt(rho)", "order": "1/(1 + zeta)"},
    )
    assert own_potential(formulas, {}, "potential[0]").name == "formula"
