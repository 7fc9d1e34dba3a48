"""Before a fit, terms are looked at where atoms can be: for poles, and for jumps at their cutoffs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from written_potential import written_potential

from hpcfit.formula.keys import Kind
from hpcfit.formula.potential import BoundPotential, FormulaPotential
from hpcfit.formula.sample_ends import Jump, jumps
from hpcfit.formula.sample_faults import sample_faults
from hpcfit.formula.sample_limits import limit_faults
from hpcfit.formula.sample_points import Places
from hpcfit.potentials import POTENTIALS

NUMBERS = {"A": 1.0, "r0": 2.5, "rc": 4.0, "n": 0.8, "zero": 0.0, "L": 2.0, "beta": 2.0, "F": 1.5}


def places(
    potential: FormulaPotential, species: tuple[str, ...] = ("Si",), numbers: Mapping[str, float] = NUMBERS
) -> Places:
    bound = BoundPotential(potential, species)
    values = [
        numbers.get(str(each), numbers.get(each.name, bound.default(each) or 0.0)) for each in bound.instances
    ]
    return Places(bound, np.array(values), lambda a, b: 1.7, lambda a, b: 2.3)


def faults(**terms: Any) -> dict[str, str]:
    return dict(sample_faults(places(written_potential(**terms))))


@pytest.mark.parametrize(
    ("pair", "fault"),
    [
        ("A/(r - r0)", "divides by zero at r = 2.5 angstrom"),
        ("A/(r - r0)**2*(r - rc)", "divides by zero at r = 2.5 angstrom"),
        ("A*(r - r0)**-2", "divides by zero at r = 2.5 angstrom"),
        ("A/abs(r - r0)**n", "divides by zero at r = 2.5 angstrom"),
        ("A/(1 - cos(r - r0))", "divides by zero at r = 2.5 angstrom"),
        ("A*tan(r*3.141592653589793/5)", "divides by zero at r = 2.5 angstrom"),
        ("A*log(r - r0)", "takes the logarithm of zero at r = 2.5 angstrom"),
        ("A*sqrt(r0 - r)", "has no finite value at r = 2.505 angstrom"),
        ("A*exp(exp(9*r))", "has no finite value at r = 1.7 angstrom"),
        ("A/zero", "has no finite value at r = 1.7 angstrom"),
        ("where(r < 3, A/(r - r0), A)", "divides by zero at r = 2.5 angstrom"),
        ("A*near*(r - rc)**2", "divides by zero at r = 2.5 angstrom"),
    ],
)
def test_a_term_without_a_value_between_atoms_and_cutoff_is_told_with_its_place(
    pair: str, fault: str
) -> None:
    assert faults(pair=pair, cutoff="rc", let={"near": "1/(r0 - r)"}) == {"pair": fault}


@pytest.mark.parametrize(
    "pair",
    [
        "A/(r - rc)*exp(1/(r - rc))",
        "A/(r - 1.5)",
        "A/(r - 4.5)",
        "where(r < 3, A, A/(r - r0))",
        "where(r < 3, A*r, A*log(r - r0))",
        "where(abs(r - r0) < 1e-6, 1, sin(r - r0)/(r - r0))",
        "A*(r - r0)**3/(r**2 + r0)",
        "A*abs(r - r0)**n/r",
        "A*exp(-r)/(0.05 + (r - r0)**2)",
        "A*sqrt(rc - r)",
    ],
)
def test_what_is_finite_there_is_not_refused(pair: str) -> None:
    assert faults(pair=pair, cutoff="rc") == {}


REVERSED = "Write its two limits the other way round, or change their values."


@pytest.mark.parametrize(
    ("pair", "fault"),
    [
        (
            "A*switch(r, 3.5, 3)*(r - rc)**2",
            f"switch begins at 3.5 and ends at 3, at the initial values. {REVERSED}",
        ),
        (
            "A*(1 - switch_cosine(r, rc, r0))",
            f"switch_cosine begins at 4 and ends at 2.5, at the initial values. {REVERSED}",
        ),
        (
            "A*part",
            "switch_tersoff begins and ends at 4, at the initial values. Let its first limit be below the "
            "second.",
        ),
        (
            "where(r < 3, switch(r, 3, 2), 0)*A",
            f"switch begins at 3 and ends at 2, at the initial values. {REVERSED}",
        ),
        ("where(r < 1, switch(r, 3, 2), switch(r, 3, 4))*A", None),
        ("where(A > 2, switch(r, rc, r0), switch(r, r0, rc))", None),
        ("A*switch(r, r0, rc)", None),
    ],
)
def test_a_switch_begins_before_it_ends_where_it_counts(pair: str, fault: str | None) -> None:
    potential = written_potential(pair=pair, cutoff="rc", let={"part": "switch_tersoff(r, rc, rc)"})
    assert dict(limit_faults(places(potential))) == ({} if fault is None else {"pair": fault})


def test_the_species_whose_switch_begins_behind_its_end_are_told() -> None:
    potential = written_potential(pair="A*switch(r, r0, rc)", cutoff="rc", kinds={"r0": "pair"})
    numbers = {**NUMBERS, "Si-C.r0": 4.5}
    assert dict(limit_faults(places(potential, ("Si", "C"), numbers))) == {
        "pair": f"switch begins at 4.5 and ends at 4 for Si-C, at the initial values. {REVERSED}"
    }


def test_every_term_is_looked_at_along_all_of_its_variables() -> None:
    found = faults(
        pair="A*r + 1/(zeta - 20*L)",
        triplet="L/(r1 - r0)/(r2 - r0)",
        density="F*r/18.4",
        bond_environment="L/(costheta + 0.5)",
        embedding="F*log(rho - 0.9*F)",
        cutoff="rc",
    )
    assert found["triplet"].startswith("divides by zero at r1 = 2.5 angstrom, r2 = ")
    assert found["pair"].startswith("divides by zero at r = ")
    assert found["pair"].endswith(", zeta = 40")
    assert found["bond_environment"].startswith("divides by zero at r1 = ")
    assert found["bond_environment"].endswith(", costheta = -0.5")
    assert found["embedding"] == "takes the logarithm of zero at rho = 1.35"
    assert "density" not in found


def test_the_species_are_told_where_there_are_several() -> None:
    kinds: Mapping[str, Kind] = {"r0": "pair"}
    potential = written_potential(kinds=kinds, pair="A/(r - r0)", cutoff="rc")
    numbers = {**NUMBERS, "Si-Si.r0": 0.5, "C-C.r0": 0.5, "Si-C.r0": 2.5}
    assert dict(sample_faults(places(potential, ("Si", "C"), numbers))) == {
        "pair": "divides by zero at r = 2.5 angstrom (Si-C)"
    }


def test_published_potentials_have_values_everywhere() -> None:
    for name in ("lennard-jones", "morse", "stillinger-weber", "tersoff", "zbl"):
        potential = POTENTIALS[name]()
        assert isinstance(potential, FormulaPotential)
        material = next(iter(potential.materials), "Si")
        assert list(sample_faults(places(potential, (material,)))) == []


def jump(**terms: Any) -> list[Jump]:
    return jumps(places(written_potential(**{"cutoff": "rc", **terms})))


@pytest.mark.parametrize(
    ("pair", "value", "slope"),
    [
        ("A*(1 - r/rc)", 0.0, 0.25),
        ("A", 1.0, 0.0),
        ("A*exp(-r)", np.exp(-4), np.exp(-4)),
        ("A*(r - rc)**2/(r - rc)", 0.0, 1.0),
    ],
)
def test_a_jump_at_the_cutoff_is_told_with_its_size(pair: str, value: float, slope: float) -> None:
    (found,) = jump(pair=pair)
    assert (found.place, found.atoms, found.cutoff) == ("pair", ("Si", "Si"), 4.0)
    assert (found.value, found.slope) == (pytest.approx(value, abs=1e-9), pytest.approx(slope, rel=1e-5))


@pytest.mark.parametrize(
    "pair",
    [
        "A*exp(1/(r - rc))",
        "A*(1 - r/rc)**2",
        "A*switch(r, rc - 1, rc)",
        "A*switch_tersoff(r, rc - 0.02, rc)",
        "A*exp(-9*r)",
        "A*(rc - r)**2.5",
    ],
)
def test_what_ends_smoothly_or_is_all_but_nothing_there_is_not(pair: str) -> None:
    assert jump(pair=pair) == []


def test_every_term_that_ends_is_looked_at_and_bond_1_of_the_environment_ends_with_the_pair() -> None:
    found = jump(
        pair="A*exp(1/(r - rc))*(1 + zeta)**-0.5",
        triplet="L*(r1 - rc)**2*(r2 - rc)**2*(costheta + 0.3)",
        density="F*r",
        bond_environment="r1*(r2 - rc)**2*(costheta + 2)",
        embedding="sqrt(rho)",
    )
    assert [each.place for each in found] == ["density"]
    found = jump(
        pair="A*exp(1/(r - rc))*(2 + tanh(zeta))",
        triplet="L*(r1 - rc)*(r2 - rc)",
        bond_environment="r2*costheta**2",
    )
    assert [(each.place, each.value) for each in found] == [
        ("triplet", 0.0),
        ("bond_environment", pytest.approx(4.0)),
    ]
