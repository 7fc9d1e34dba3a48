"""Every term of a potential reads the same language: named parts, mistakes told by place and known names."""

from __future__ import annotations

import pytest
from written_potential import written_potential

from hpcfit.errors import KernelError
from hpcfit.formula.check import check_potential

TERMS = {
    "pair": "A*r*zeta*rho",
    "triplet": "A*r1*r2*costheta*rho",
    "density": "A*exp(-r)",
    "bond_environment": "A*(r1 + r2)*(costheta + 2)",
    "embedding": "A*rho",
    "site": "A",
    "cutoff": "A + 3",
}
KNOWN = {
    "pair": "A, k, r, rho, zeta",
    "triplet": "A, costheta, k, r1, r2, rho",
    "density": "A, k, r",
    "bond_environment": "A, costheta, k, r1, r2",
    "embedding": "A, k, rho",
    "site": "A, k",
    "cutoff": "A, k",
}


def faults(let: dict[str, str] | None = None, **changes: str) -> list[str]:
    potential = written_potential(
        **{**TERMS, **changes}, let={"k": "2*A", **(let or {})}, kinds={"A": "shared"}
    )
    return check_potential(potential, 1, "potential[0]")


def foreign_to(place: str) -> str:
    """A name that is no parameter: that of a variable of other terms."""
    return "costheta" if place in ("pair", "density") else "r"


def test_all_terms_together_are_right() -> None:
    assert faults() == []


@pytest.mark.parametrize("place", TERMS)
def test_an_undefined_name_is_told_with_its_column_and_the_known_ones(place: str) -> None:
    foreign = foreign_to(place)
    text = f"A + k*{foreign}" + " + zeta" * (place == "pair")
    (fault,) = faults(**{place: text})
    assert fault.startswith(f'potential[0].{place}: unknown name {foreign} in "{text}" (column 7).')
    known = KNOWN[place]
    assert fault.endswith((f" Known: {known}", *(f"Did you mean {name}?" for name in known.split(", "))))


@pytest.mark.parametrize("place", TERMS)
def test_a_mistake_is_told_with_its_column(place: str) -> None:
    with pytest.raises(KernelError) as refusal:
        faults(**{place: "A + ln(A)"})
    assert str(refusal.value).startswith(
        f'test.{place}: unknown function ln in "A + ln(A)" (column 5). Did you mean log? Known: abs, acos'
    )


@pytest.mark.parametrize("place", TERMS)
def test_named_parts_serve_every_term(place: str) -> None:
    let = {"twice": "2*A", "part": "twice + A"}
    assert faults(let, **{place: f"{TERMS[place]}*part"}) == []
    foreign = foreign_to(place)
    told = faults({**let, "twice": f"2*A*{foreign}"}, **{place: f"{TERMS[place]}*part"})
    assert told[0].startswith(
        f'potential[0].let.twice: unknown name {foreign} in "2*A*{foreign}" (column 5).'
    )
