"""Every way of giving a potential in a job: the fit returns to the parameters the data were made with."""

import json

import numpy as np
import pytest

ARGON = 18
HEADER = """
[data]
train = "train.h5"
"""


def argon_crystals(make_crystal):
    return [
        make_crystal(lattice, a, [ARGON], repeat=2 if lattice == "sc" else 1, seed=seed)
        for lattice, lengths in (("fcc", (5.0, 5.3, 5.6)), ("sc", (3.4, 3.7)), ("diamond", (7.2, 7.8)))
        for seed, a in enumerate(lengths)
    ]


# what each truncation does: tests/unit/potentials/test_catalogue.py
@pytest.mark.parametrize("truncation", ["none", "smooth"])
def test_lennard_jones_with_a_truncation_from_energies(laboratory, make_crystal, truncation):
    template = (
        HEADER
        + f"""
        [targets]
        forces = false
        [[potential]]
        name = "lennard-jones"
        species = ["Ar"]
        truncation = "{truncation}"
        [potential.parameters]
        epsilon = {{ initial = $epsilon }}
        sigma = {{ initial = $sigma }}
        rc = 7.0
        """
    )
    truth = {"epsilon": 0.0104, "sigma": 3.4}
    start = {"epsilon": 0.005, "sigma": 3.5}
    done = laboratory.recover(template, truth, start, argon_crystals(make_crystal))
    assert done.code == 0
    found = done.values()
    assert {name: found[name] for name in truth} == pytest.approx(truth, rel=1e-8)
    assert done.result["loss"] < 1e-18


def test_morse_with_a_cutoff_given(laboratory, make_crystal):
    template = (
        HEADER
        + """
        [[potential]]
        name = "morse"
        species = ["Cu"]
        [potential.parameters]
        D = { initial = $D, min = 0 }
        alpha = { initial = $alpha }
        r0 = { initial = $r0 }
        rc = 6.0
        """
    )
    crystals = [make_crystal("fcc", a, [29], seed=k) for k, a in enumerate((3.4, 3.6, 3.9))]
    truth = {"D": 0.3429, "alpha": 1.3588, "r0": 2.866}
    done = laboratory.recover(template, truth, {"D": 0.2, "alpha": 1.6, "r0": 2.7}, crystals)
    assert done.code == 0
    assert done.values() == pytest.approx(truth | {"rc": 6.0}, rel=1e-8)


def test_charges_of_a_neutral_compound_are_fitted_as_one(laboratory, make_crystal):
    template = (
        HEADER
        + """
        [[potential]]
        name = "coulomb-wolf"
        species = ["Si", "O"]
        neutral = { Si = 1, O = 2 }
        [potential.parameters]
        alpha = { initial = $alpha }
        rc = 6.0
        [potential.parameters.Si]
        q = { initial = $charge, min = 0 }
        """
    )
    crystals = [make_crystal("diamond", a, [14, 8, 8], seed=k) for k, a in enumerate((5.0, 5.4))]
    truth = {"charge": 2.4, "alpha": 0.21}
    done = laboratory.recover(template, truth, {"charge": 1.5, "alpha": 0.3}, crystals)
    assert done.code == 0
    found = {(each["species"], each["name"]): each for each in done.result["parameters"]}
    assert found["Si", "q"]["value"] == pytest.approx(2.4, rel=1e-8)
    assert found["O", "q"]["value"] == pytest.approx(-1.2, rel=1e-8)
    assert found["O", "q"]["tie"] == "-Si.q/2"


OWN = (
    HEADER
    + """
    [[potential]]
    species = ["Si"]
    cutoff = "reach*sigma"
    pair = "A*(sigma/r)**p*end"
    triplet = "lambda*(costheta + 1/3)**2*exp(sigma/(r1 - reach*sigma) + sigma/(r2 - reach*sigma))"
    [potential.let]
    end = "exp(sigma/(r - reach*sigma))"
    [potential.parameters]
    A = { initial = $A, min = 0 }
    lambda = { initial = $lambda }
    sigma = { initial = $sigma }
    p = 4
    reach = 1.8
    """
)


def test_formula_of_ones_own_with_pair_triplet_let_and_a_cutoff_of_parameters(laboratory, make_crystal):
    crystals = [make_crystal("diamond", a, [14], seed=k) for k, a in enumerate((5.2, 5.43, 5.6))]
    truth = {"A": 5.0, "lambda": 40.0, "sigma": 2.1}
    done = laboratory.recover(OWN, truth, {"A": 3.0, "lambda": 20.0, "sigma": 2.0}, crystals)
    assert done.code == 0
    assert done.values() == pytest.approx(truth | {"p": 4.0, "reach": 1.8}, rel=1e-7)


@pytest.mark.parametrize("start", [3.3, 4.6])
def test_cutoff_that_is_a_free_parameter_is_recovered(laboratory, make_crystal, start):
    """From below and above; at 3.3 the list's margin is used up on the way and it is rebuilt."""
    template = (
        HEADER
        + """
        [[potential]]
        species = ["Ar"]
        cutoff = "rc"
        pair = "k*(rc - r)**3/r"
        [potential.parameters]
        k = { initial = $k }
        rc = { initial = $rc, min = 2, max = 6 }
        """
    )
    crystals = [make_crystal("fcc", a, [ARGON], seed=k) for k, a in enumerate((4.4, 4.8, 5.2))]
    done = laboratory.recover(template, {"k": 0.5, "rc": 4.1}, {"k": 0.3, "rc": start}, crystals)
    assert done.code == 0
    assert done.values() == pytest.approx({"k": 0.5, "rc": 4.1}, rel=1e-7)


def test_cutoff_that_would_grow_beyond_what_one_run_allows_is_told(laboratory, make_crystal):
    template = (
        HEADER
        + """
        [[potential]]
        name = "lennard-jones"
        species = ["Ar"]
        [potential.parameters]
        epsilon = { initial = $epsilon }
        sigma = { initial = $sigma }
        [optimizer]
        max_iterations = 60
        """
    )
    crystals = [make_crystal("fcc", a, [ARGON], seed=k) for k, a in enumerate((5.0, 5.3, 5.6))]
    truth, start = {"epsilon": 0.01, "sigma": 3.4}, {"epsilon": 0.05, "sigma": 1.5}
    done = laboratory.recover(template, truth, start, crystals)
    assert done.code == 1
    assert done.values()["sigma"] == pytest.approx(3.0, rel=1e-3)
    assert done.result["warnings"] == [
        "The cutoff grew from 4.5 to 9 angstrom, as far as one run allows. Start another one from the values "
        "found here, or bound the parameters it depends on."
    ]
    second = laboratory.fit(template, {"epsilon": 0.02, "sigma": 3.0}, restart=True)
    assert second.values() == pytest.approx(truth | {"rc": 0.0}, rel=1e-7)
    assert second.result["warnings"] == []


def test_two_species_with_values_per_pair_and_one_free_value_for_all_pairs(laboratory, make_crystal):
    template = (
        HEADER
        + """
        [[potential]]
        name = "lennard-jones"
        species = ["Ne", "Ar"]
        [potential.parameters]
        sigma = { initial = $sigma }
        rc = 6.0
        [potential.parameters."Ne-Ne"]
        epsilon = { initial = $ne }
        [potential.parameters."Ar-Ne"]
        epsilon = { initial = $mixed, min = 0 }
        [potential.parameters."Ar-Ar"]
        epsilon = { initial = $ar }
        """
    )
    crystals = [make_crystal("fcc", a, [10, ARGON], seed=k) for k, a in enumerate((4.4, 4.7, 5.0, 5.3))]
    truth = {"sigma": 3.1, "ne": 0.0031, "mixed": 0.006, "ar": 0.0104}
    start = {"sigma": 3.2, "ne": 0.005, "mixed": 0.005, "ar": 0.005}
    done = laboratory.recover(template, truth, start, crystals)
    assert done.code == 0
    free = {
        (entry["species"], entry["name"]): entry["value"]
        for entry in done.result["parameters"]
        if not entry["fixed"]
    }
    assert free == pytest.approx(
        {
            ("", "sigma"): 3.1,
            ("Ne-Ne", "epsilon"): 0.0031,
            ("Ne-Ar", "epsilon"): 0.006,
            ("Ar-Ar", "epsilon"): 0.0104,
        },
        rel=1e-7,
    )


def test_two_species_with_values_per_pair_and_per_triplet(laboratory, make_crystal):
    template = (
        HEADER
        + """
        [[potential]]
        name = "stillinger-weber"
        species = ["Si", "C"]
        [potential.parameters]
        epsilon = 2.0
        lambda = 20.0
        sigma = 1.9
        [potential.parameters."Si-C"]
        A = { initial = $A }
        [potential.parameters."Si-C-C"]
        lambda = { initial = $sicc }
        [potential.parameters."C-C-Si"]
        lambda = { initial = $ccsi }
        """
    )
    crystals = [make_crystal("diamond", a, [14, 6], seed=k) for k, a in enumerate((4.5, 4.8, 5.1))]
    truth = {"A": 6.0, "sicc": 24.0, "ccsi": 17.0}
    done = laboratory.recover(template, truth, {"A": 7.05, "sicc": 20.0, "ccsi": 20.0}, crystals)
    assert done.code == 0
    free = {
        (entry["species"], entry["name"]): entry["value"]
        for entry in done.result["parameters"]
        if not entry["fixed"]
    }
    expected = {("Si-C", "A"): 6.0, ("Si-C-C", "lambda"): 24.0, ("C-Si-C", "lambda"): 17.0}
    assert free == pytest.approx(expected, rel=1e-8)


SUM = (
    HEADER
    + """
    [[potential]]
    name = "lennard-jones"
    species = ["Ar"]
    [potential.parameters]
    epsilon = { initial = $epsilon }
    sigma = 3.4
    rc = 7.0
    [[potential]]
    species = ["Ar"]
    cutoff = 5.0
    pair = "A*(5 - r)**2"
    [potential.parameters]
    A = { initial = $A }
    """
)


def test_several_potentials_are_summed(laboratory, make_crystal):
    truth = {"epsilon": 0.0104, "A": 0.003}
    done = laboratory.recover(SUM, truth, {"epsilon": 0.005, "A": 0.0}, argon_crystals(make_crystal))
    assert done.code == 0
    found = done.values()
    assert {name: found[name] for name in truth} == pytest.approx(truth, rel=1e-8)
    assert [e["potential"] for e in done.result["parameters"]] == ["lennard-jones"] * 3 + ["formula"]


def test_a_species_that_a_potential_does_not_list_has_no_interaction_with_it(laboratory, make_crystal):
    template = (
        HEADER
        + """
        [[potential]]
        name = "lennard-jones"
        species = ["Ar"]
        [potential.parameters]
        epsilon = { initial = $epsilon }
        sigma = 3.4
        rc = 7.0
        [[potential]]
        species = ["Ne", "Ar"]
        cutoff = 5.0
        pair = "A*(5 - r)**2"
        [potential.parameters]
        A = { initial = $A }
        """
    )
    crystals = [make_crystal("fcc", a, [10, ARGON], seed=k) for k, a in enumerate((5.0, 5.3))]
    truth = {"epsilon": 0.0104, "A": 0.003}
    made = laboratory.predict(template, truth, crystals)
    alone = laboratory.predict(template, truth | {"A": 0.0}, crystals)
    neon = alone[0].numbers == 10
    np.testing.assert_array_equal(alone[0].forces[neon], 0.0)
    assert np.abs(made[0].forces[neon]).max() > 0.0
    laboratory.write("train.h5", made)
    found = laboratory.fit(template, {"epsilon": 0.005, "A": 0.001}).values()
    assert {name: found[name] for name in truth} == pytest.approx(truth, rel=1e-8)


ENERGIES = (
    HEADER
    + """
    [targets.reference_energies]
    $energies
    [[potential]]
    name = "lennard-jones"
    species = ["Ne", "Ar"]
    [potential.parameters]
    sigma = 3.1
    epsilon = { initial = $epsilon }
    rc = 6.0
    """
)


@pytest.mark.parametrize(
    ("given", "fitted"),
    [
        ("Ne = -2.5\nAr = -31", {}),
        ('Ne = -2.5\nAr = "fit"', {"Ar": -31.0}),
        ('Ne = "fit"\nAr = "fit"', {"Ne": -2.5, "Ar": -31.0}),
    ],
)
def test_reference_energies_given_and_fitted(laboratory, make_crystal, given, fitted):
    crystals = [make_crystal("fcc", a, [10, 10, ARGON], seed=k) for k, a in enumerate((4.6, 4.8, 5.1))]
    crystals.append(make_crystal("fcc", 5.0, [ARGON], seed=9))
    done = laboratory.recover(
        ENERGIES,
        {"epsilon": 0.0104, "energies": given},
        {"epsilon": 0.005, "energies": given},
        crystals,
        fitted,
    )
    assert done.code == 0
    energies = {e["species"]: e for e in done.result["parameters"] if e["name"] == "E0"}
    assert {s: e["value"] for s, e in energies.items()} == pytest.approx({"Ne": -2.5, "Ar": -31.0}, rel=1e-10)
    assert {s for s, e in energies.items() if not e["fixed"]} == set(fitted)
    assert {e["potential"] for e in energies.values()} == {"reference-energy"}


def test_bounds_on_one_side_and_on_both_hold_a_parameter(laboratory, make_crystal):
    template = (
        HEADER
        + """
        [[potential]]
        name = "lennard-jones"
        species = ["Ar"]
        [potential.parameters]
        epsilon = { initial = 0.02, $epsilon }
        sigma = { initial = 3.3, $sigma }
        rc = 7.0
        """
    )
    truth = {"epsilon": "max = 1", "sigma": "max = 10"}
    made = laboratory.predict(
        template.replace("0.02", "0.0104").replace("3.3", "3.4"), truth, argon_crystals(make_crystal)
    )
    laboratory.write("train.h5", made)

    def ends(epsilon, sigma):
        done = laboratory.fit(template, {"epsilon": epsilon, "sigma": sigma}, restart=True)
        assert done.code == 0
        return {e["name"]: (e["value"], e["at_bound"]) for e in done.result["parameters"] if not e["fixed"]}

    inside = ends("min = 0.001", "min = 3, max = 4")
    assert inside["epsilon"] == (pytest.approx(0.0104, rel=1e-8), None)
    assert inside["sigma"] == (pytest.approx(3.4, rel=1e-8), None)
    held = ends("min = 0.015", "max = 3.35")
    assert held["epsilon"] == (0.015, "min")
    assert held["sigma"][1] is None
    both = ends("min = 0.001", "min = 3.2, max = 3.35")
    assert both["sigma"] == (3.35, "max")
    assert both["epsilon"][1] is None
    entries = json.loads((laboratory.folder / "run" / "result.json").read_text())["parameters"]
    limits = {e["name"]: (e["min"], e["max"]) for e in entries}
    assert limits["sigma"] == (3.2, 3.35)
    assert limits["epsilon"] == (0.001, None)
