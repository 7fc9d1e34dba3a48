"""What the catalogue says: formulas that read well, published numbers, text for people."""

from __future__ import annotations

import pytest
import sympy
from sympy_formula import parse_expression

from hpcfit.formula.check import check_potential, evaluate_expression, names_in
from hpcfit.formula.potential import BoundPotential, FormulaPotential
from hpcfit.formula.spline_calls import as_written
from hpcfit.potentials import POTENTIALS, describe, option_choices, required_options

VARIANTS = [
    pytest.param(factory(**options), id="-".join([name, *map(str, options.values())]))
    for name, factory in POTENTIALS.items()
    if not required_options(factory)
    for options in [{k: v} for k, values in option_choices(factory).items() for v in values] or [{}]
]


@pytest.mark.parametrize("potential", VARIANTS)
@pytest.mark.parametrize("n_species", [1, 2, 3])
def test_all_formulas_read(potential: FormulaPotential, n_species: int) -> None:
    assert check_potential(potential, n_species, "potential") == []


@pytest.mark.parametrize("potential", VARIANTS)
def test_every_parameter_is_used_and_described(potential: FormulaPotential) -> None:
    texts = [text for _, text in potential.terms] + [text for _, text in potential.let]
    texts += potential.cutoffs
    used = set().union(*(names_in(text) for text in texts))
    for spec in as_written(potential.parameters):
        assert used & {spec.name, spec.name + "0", spec.name + "1", spec.name + "2"}
        assert spec.description


@pytest.mark.parametrize("potential", VARIANTS)
def test_published_materials_are_complete(potential: FormulaPotential) -> None:
    assert potential.source
    for species in potential.materials:
        bound = BoundPotential(potential, tuple(dict.fromkeys(species.split("-"))))
        assert [instance for instance in bound.instances if bound.default(instance) is None] == []
    for values in potential.materials.values():
        assert set(values) <= {spec.name for spec in potential.parameters}


def pair_energy(potential: FormulaPotential, r: sympy.Expr, values: dict[str, float]) -> sympy.Expr:
    names: dict[str, sympy.Expr] = {"r": r, **{k: sympy.Float(v) for k, v in values.items()}}
    for name, text in potential.let:
        names[name] = parse_expression(text, names, name)
    assert potential.pair is not None
    return parse_expression(potential.pair.expression, names, "pair")


@pytest.mark.parametrize("rc", [0.0, 8.0])
@pytest.mark.parametrize(
    "name", [name for name in POTENTIALS if "shift" in option_choices(POTENTIALS[name]).get("truncation", ())]
)
def test_truncations_do_what_they_say_at_the_cutoff(name: str, rc: float) -> None:
    bound = BoundPotential(POTENTIALS[name](truncation="smooth"), (next(iter(POTENTIALS[name]().materials)),))
    values = {i.name: bound.default(i) for i in bound.instances}
    values |= {"rc": rc or values["rc"], "ro": rc and 6.5}
    values |= {f"{i.name}{atom}": values[i.name] for i in bound.instances for atom in "12"}
    end = evaluate_expression(bound.formula.pair.cutoff, values, "cutoff")
    r = sympy.Symbol("r", positive=True)
    plain = pair_energy(POTENTIALS[name](truncation="none"), r, values)
    slope = float(plain.diff(r).subs(r, end))
    expected = {"shift": (0.0, slope), "force-shift": (0.0, 0.0), "smooth": (0.0, 0.0)}
    for truncation, (value_at_end, slope_at_end) in expected.items():
        energy = pair_energy(POTENTIALS[name](truncation=truncation), r, values)
        scale = abs(float(plain.subs(r, end)))
        assert float(energy.subs(r, end)) == pytest.approx(value_at_end, abs=1e-14 * scale)
        assert float(energy.diff(r).subs(r, end)) == pytest.approx(slope_at_end, rel=1e-12, abs=1e-13 * scale)
        moved = energy.diff(r).subs(r, 0.5 * end) - plain.diff(r).subs(r, 0.5 * end)
        assert float(moved) == pytest.approx(
            -slope if truncation == "force-shift" else 0.0, rel=1e-9, abs=1e-12
        )
    smooth = pair_energy(POTENTIALS[name](truncation="smooth"), r, values)
    assert float((smooth - plain).subs(r, 0.5 * end)) == 0.0


def test_lennard_jones_ends_at_three_sigma_unless_told() -> None:
    cutoff = POTENTIALS["lennard-jones"]().pair.cutoff
    assert evaluate_expression(cutoff, {"rc": 0.0, "sigma": 3.4}, "cutoff") == pytest.approx(10.2)
    assert evaluate_expression(cutoff, {"rc": 8.0, "sigma": 3.4}, "cutoff") == 8.0


def test_both_forms_of_stillinger_weber_are_the_same_function_for_silicon() -> None:
    reduced, kim = POTENTIALS["stillinger-weber"](), POTENTIALS["stillinger-weber-kim"]()
    energies = []
    for potential in (reduced, kim):
        bound = BoundPotential(potential, ("Si",))
        values = {i.name: bound.default(i) for i in bound.instances}
        suffixed = values | {f"{name}{x}": value for name, value in values.items() for x in "12"}
        at = {"r": 2.5, "r1": 2.4, "r2": 2.7, "costheta": 0.1}
        energies.append([evaluate_expression(t, {**suffixed, **at}, n) for n, t in potential.terms])
    # OpenKIM's numbers are made with epsilon 2.16820 eV, LAMMPS' with 2.1683.
    assert energies[0] == pytest.approx(energies[1], rel=1e-4)


def test_a_potential_is_described_with_its_formula_parameters_values_and_source() -> None:
    text = describe("morse", POTENTIALS["morse"])
    assert "truncation: shift | none | force-shift | smooth (default shift)" in text
    assert "    force-shift: energy and force are shifted to zero at rc\n" in text
    assert "pair   = D*(exp(-2*alpha*(r - r0)) - 2*exp(-alpha*(r - r0))) - " in text
    assert '  alpha  1/angstrom  -        one per pair, "A-B"  steepness\n' in text
    assert "  Cu  0.3429  1.3588  2.866" in text
    assert "Mixing\n  D: as an energy\n  alpha: arithmetic mean under every rule\n  r0: as a length\n" in text
    assert "Girifalco" in text
    assert max(map(len, text.splitlines())) < 160


def test_names_that_other_terms_make_and_cutoffs_that_differ_are_explained() -> None:
    text = describe("vashishta", POTENTIALS["vashishta"])
    assert "  cutoff of pair      = rc\n  cutoff of triplet   = r0\n" in text
    angular = describe("adp", POTENTIALS["adp"])
    assert "  mu of an atom: the sum of its density times the bond vector D; mu_squared is its" in angular
    assert "  l of an atom: the sum of its density times D_a D_b; l_squared is the sum of the" in angular
    assert "  material: SiC | SiO2-1990 | SiO2-1994 | SiO2-1997 | InP (default SiC)\n    whose values" in text


def test_a_finished_potential_is_described_without_options() -> None:
    assert "Options" not in describe("stillinger-weber", POTENTIALS["stillinger-weber"]())
    assert option_choices(POTENTIALS["reference-energy"]()) == {}
