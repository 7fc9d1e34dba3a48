"""Site functions: what they may be, and what is said of those that cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest
from site_examples import CONE_PARAMETERS, LENNARD_JONES, STILLINGER_WEBER, bonds, cone, cone_energy

from hpcfit.data import configuration
from hpcfit.errors import KernelError, PluginError
from hpcfit.formula.potential import BoundPotential, ParameterSpec
from hpcfit.kernels import AnyModel, SiteFunction, compile_model
from hpcfit.kernels.hand_written.site_part import place_table
from hpcfit.kernels.model_facts import cutoffs_of

VALUES = np.array([0.3, 5.0])
TRIMER = configuration("trimer", [18, 18, 18], [[0, 0, 0], [3.0, 0, 0], [0, 3.5, 0]])


def compiled(site: SiteFunction, checked: bool = False) -> AnyModel:
    return compile_model([BoundPotential(site, ("Ar",))], ["Ar"], [0, 1], False, checked=checked)


def energy_of(site: SiteFunction, checked: bool = False) -> float:
    return float(compiled(site, checked).predict(bonds([TRIMER], ("Ar",), 5.0), VALUES)[0])


def with_typo(vectors, distancs, parameters, gradients):  # type: ignore[no-untyped-def]
    return 0.0


def without_output(vectors, distances, parameters):  # type: ignore[no-untyped-def]
    return 0.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: cone(with_typo),
            r"cone\.energy_and_gradient \(.*test_site_function\.py:\d+\): unknown argument distancs\. It may "
            r"have vectors, distances, species, centre, parameters, place, gradients",
        ),
        (
            lambda: cone(without_output),
            r"cone\.energy_and_gradient \(.*test_site_function\.py:\d+\): has no argument gradients, by "
            r"which it returns what it finds\. Add it",
        ),
        (
            lambda: cone(jacobian=cone_energy),
            r"cone\.jacobian \(.*\): unknown argument gradients\. It may have vectors, distances, species, "
            r"centre, parameters, place, d_energy, d_gradients, wanted",
        ),
        (lambda: cone(3.0), r"cone\.energy_and_gradient: a Python function is expected\. Write one with def"),
        (lambda: cone(cutoff="2*rcut"), r"cone\.cutoff: unknown name rcut in .* Did you mean rc\?"),
        (
            lambda: cone(parameters=(ParameterSpec("k", "shared"), ParameterSpec("k", "shared"))),
            r"cone: k is defined twice\. Rename one of them",
        ),
        (
            lambda: cone(parameters=(ParameterSpec("k 1", "shared"),), cutoff=3.0),
            r"cone: 'k 1' cannot be a name\. Write a letter, then letters, digits or _",
        ),
        (
            lambda: cone(difference_step=2.0),
            r"cone: difference_step must be above 0 and below 0\.1, not 2",
        ),
    ],
)
def test_one_that_cannot_be_used_is_refused(make: Callable[[], SiteFunction], message: str) -> None:
    with pytest.raises(KernelError, match=f"^{message}"):
        make()


def test_the_cutoff_may_be_a_number_a_formula_of_pairs_or_a_function() -> None:
    pairs = (ParameterSpec("k", "shared"), ParameterSpec("rc", "pair"))
    values = np.array([0.3, 3.0, 4.0, 5.0])

    def found(cutoff: Any) -> list[float]:
        bound = BoundPotential(cone(parameters=pairs, cutoff=cutoff), ("Ar", "Kr"))
        return cutoffs_of(bound, values)

    assert found("2*rc") == [6.0, 8.0, 8.0, 10.0]
    assert found(3.5) == [3.5] * 4
    assert found(lambda parameters: parameters[1:].max()) == [5.0] * 4
    with pytest.raises(
        PluginError, match=r"^site function cone: cutoff\(parameters\): raised ZeroDivisionError"
    ):
        found(lambda parameters: 1 / 0)


def test_the_place_of_a_number_is_told_by_parameter_and_species() -> None:
    bound = BoundPotential(STILLINGER_WEBER, ("Si", "C"))
    place = place_table(bound)
    assert place.shape == (9, 2, 2, 2)
    for k, name, key in ((0, "A", (0, 1, 0)), (4, "sigma", (1, 0, 1)), (7, "lambda", (1, 1, 0))):
        species = tuple(bound.species[each] for each in key)
        of = species if name == "lambda" else species[:2]
        assert place[k][key] == bound.position[bound.instance(name, of)]
    assert place_table(BoundPotential(LENNARD_JONES, ("Ar", "Kr"))).tolist() == [0, 1]


def test_a_function_that_numba_has_compiled_is_compiled_anew() -> None:
    hiding_nan = numba.njit(fastmath=True)(cone_energy)
    expected = 0.3 * sum((5.0 - r) ** 3 for r in (3.0, 3.5, np.hypot(3.0, 3.5)))
    assert energy_of(cone(hiding_nan)) == pytest.approx(expected, rel=1e-14)


def test_bonds_at_the_cutoff_and_of_other_species_are_left_out() -> None:
    bound = BoundPotential(cone(cutoff=3.5), ("Ar",))
    model = compile_model([bound], ["Kr", "Ar"], [], False)
    mixed = configuration("mixed", [18, 18, 36], [[0, 0, 0], [3.0, 0, 0], [0, 1.5, 0]])
    energies = [model.predict(bonds([each], ("Kr", "Ar"), 5.0), VALUES)[0] for each in (TRIMER, mixed)]
    assert energies == [pytest.approx(0.3 * 2.0**3)] * 2


def test_atoms_without_bonds_are_shown_too() -> None:
    def constant(parameters, gradients):  # type: ignore[no-untyped-def]
        return parameters[0]

    assert energy_of(cone(constant, cutoff=0.5)) == pytest.approx(3 * 0.3)


def nothing(gradients):  # type: ignore[no-untyped-def]
    return None


def attribute(vectors, gradients):  # type: ignore[no-untyped-def]
    return vectors.length


def helper(x):  # type: ignore[no-untyped-def]
    return x


def calls_helper(vectors, gradients):  # type: ignore[no-untyped-def]
    return helper(1.0)


def unknown_name(gradients):  # type: ignore[no-untyped-def]
    return 1.0 + not_there  # noqa: F821


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (nothing, "it must return the energy, a number, not none."),
        (calls_helper, "it calls helper, which is not compiled. Write @numba.njit above helper."),
        (
            attribute,
            "Unknown attribute 'length' of type array(float64, 2d, C). Use what numba knows: numbers, NumPy "
            "arrays, loops, functions of math and NumPy.",
        ),
        (
            unknown_name,
            "NameError: name 'not_there' is not defined. Use what numba knows: numbers, NumPy arrays, loops, "
            "functions of math and NumPy.",
        ),
    ],
)
def test_what_numba_cannot_compile_is_told_with_its_line(function: Any, message: str) -> None:
    with pytest.raises(PluginError) as caught:
        compiled(cone(function)).load_values_kernel()
    head, place, told = str(caught.value).partition(f"{__file__}:")
    assert head == "site function cone: numba cannot compile its energy_and_gradient ("
    line = function.__code__.co_firstlineno
    assert place
    assert told.partition("): ")[0] in (str(line), str(line + 1))
    assert told.partition("): ")[2] == message


def test_an_exception_in_a_function_names_configuration_atom_and_values() -> None:
    def choosy(distances, parameters, gradients):  # type: ignore[no-untyped-def]
        if len(distances) == 2 and distances[1] > 4.0:
            raise ValueError("too far")
        return 0.0

    line = choosy.__code__.co_firstlineno
    with pytest.raises(PluginError) as caught:
        energy_of(cone(choosy))
    assert str(caught.value) == (
        "site function cone, configuration 'trimer', atom 1, at k = 0.3, rc = 5: raised ValueError: too far "
        f"({__file__}:{line})."
    )


def test_an_index_out_of_bounds_is_an_error_where_it_is_looked_for() -> None:
    def wrong(parameters, gradients):  # type: ignore[no-untyped-def]
        return parameters[len(parameters)]

    with pytest.raises(PluginError, match=r"atom 0, at k = 0.3, rc = 5: raised IndexError"):
        energy_of(cone(wrong), checked=True)


def test_nothing_is_hidden_of_energies_that_do_not_exist() -> None:
    def undefined(distances, gradients):  # type: ignore[no-untyped-def]
        return np.sqrt(3.2 - distances[0]) / 0.0

    found = compiled(cone(undefined)).predict(bonds([TRIMER], ("Ar",), 5.0), VALUES)
    assert np.isnan(found[0])


def test_parameters_of_a_site_function_have_defaults_and_suggestions() -> None:
    site = cone(materials={"Ar": {"k": 0.7}})
    bound = BoundPotential(site, ("Ar",))
    assert [bound.default(each) for each in bound.instances] == [0.7, 5.0]
    assert site.parameters == CONE_PARAMETERS
    with pytest.raises(KernelError, match=r"^cone: unknown parameter rcc\. Did you mean rc\?"):
        site.parameter("rcc")
