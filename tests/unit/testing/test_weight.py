"""check_weight: sound schemes pass, and each promise can be broken in a way that is told."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest

from hpcfit.errors import DataError
from hpcfit.testing import ConformanceError, check_weight, sample_configurations
from hpcfit.weights import ConfigurationWeight


@dataclass(frozen=True)
class ByHeight:
    """One weight for each atom, from the configuration."""

    power: float = 1.0

    def weights(self, configuration):
        z = configuration.positions[:, 2]
        return ConfigurationWeight(forces=(1.0 + np.ptp(z) + z - z.min()) ** self.power)


def giving(answer):
    """A class of weight schemes that answers with what a function makes of the configuration."""

    class Mine:
        def weights(self, configuration):
            return answer(configuration)

    return Mine


def moved(configuration):
    configuration.positions[0, 0] += 1.0
    return ConfigurationWeight()


def refused(configuration):
    raise DataError("there is no table for it.")


def fault_of(*arguments, **options) -> str:
    with pytest.raises(ConformanceError) as caught:
        check_weight(*arguments, **options)
    return str(caught.value)


@pytest.mark.parametrize("scheme", ["constant", "balance", "dataset", ByHeight, ByHeight(2.0)])
def test_a_sound_scheme_passes_as_name_class_or_object(scheme):
    check_weight(scheme)


def test_options_are_those_of_the_class():
    check_weight(ByHeight, {"power": 0.5})
    with pytest.raises(ValueError, match=r"^ByHeight is made already; options are for a class\.$"):
        check_weight(ByHeight(), {"power": 0.5})


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (lambda c: 2.0, "weights(configuration) must return a ConfigurationWeight, not float."),
        (
            lambda c: ConfigurationWeight(forces=np.ones(c.natoms + 1)),
            "its forces weight has shape (3,); it must be one number, or of shape (2,) or (2, 3), for 2 "
            "atoms.",
        ),
        (
            lambda c: ConfigurationWeight(stress=np.ones(3)),
            "its stress weight has shape (3,); it must be one number, or of shape (6,), for 2 atoms.",
        ),
        (
            lambda c: ConfigurationWeight(energy=np.ones(1)),
            "its energy weight has shape (1,); it must be one number, for 2 atoms.",
        ),
        (lambda c: ConfigurationWeight(energy="a"), "its energy weight is 'a', not a number."),
        (
            lambda c: ConfigurationWeight(energy=np.inf),
            "the weight of the energy is inf, which is not finite.",
        ),
        (
            lambda c: ConfigurationWeight(forces=np.linspace(1, -1, c.natoms)),
            "the weight of the force on atom 1 (Si) along x is -1, which is negative.",
        ),
        (lambda c: ConfigurationWeight(config=0.0), "all of its 13 weights are zero."),
        (lambda c: 1 / 0, "asked for weights, it raised ZeroDivisionError: division by zero"),
        (
            moved,
            "it changes the configuration's positions; the fit would go on with the changed one. Work on "
            "a copy.",
        ),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_with_its_configuration(answer, fault):
    assert fault_of(giving(answer)) == f"Mine, configuration 'small skewed cell': {fault}"


def test_a_weight_that_changes_from_call_to_call_is_told():
    calls = itertools.count(1)
    assert fault_of(giving(lambda c: ConfigurationWeight(config=next(calls)))) == (
        "Mine, configuration 'small skewed cell': the weight of the energy changes when it is asked a second "
        "time: 19 instead of 10. Every rank asks for its own configurations only."
    )


class Counting:
    """Remembers whom it saw, and weighs by the order in which it saw them."""

    def __init__(self):
        self.seen = {}

    def weights(self, configuration):
        return ConfigurationWeight(
            config=self.seen.setdefault(configuration.identifier, len(self.seen) + 1.0)
        )


def test_a_weight_that_depends_on_the_order_of_questions_is_told():
    assert fault_of(Counting) == (
        "Counting, configuration 'single atom': the weight of the energy changes when a scheme made anew is "
        "asked in the reverse order: 1 instead of 9. Every rank asks for its own configurations only."
    )


def test_a_scheme_that_wants_other_configurations_is_given_some():
    scheme = giving(lambda c: ConfigurationWeight(energy=c.weights["mine"]) if c.weights else refused(c))
    assert fault_of(giving(refused)) == (
        "Mine: there is no configuration that it gives weights for; give some."
    )
    assert fault_of(scheme) == (
        "Mine, configuration 'small skewed cell': asked for weights, it raised KeyError: 'mine'"
    )


def test_given_configurations_must_all_get_weights():
    assert fault_of(giving(refused), {}, sample_configurations(), own=False) == (
        "Mine, configuration 'small skewed cell': asked for weights, it raised DataError: there is no table "
        "for it."
    )


class Surveying:
    """Is shown the survey, and returns what is no scheme."""

    def surveyed(self, survey):
        return len(survey)

    def weights(self, configuration):
        return ConfigurationWeight()


def test_what_is_no_scheme_is_told():
    assert fault_of(3) == "int has no method weights(configuration)."
    assert fault_of(Surveying) == (
        "Surveying: surveyed(survey) returned int, which has no method weights(configuration)."
    )


def test_the_configurations_of_the_checks_hold_every_case():
    found = sample_configurations()
    assert len({each.identifier for each in found}) == len(found) == 9
    assert {1, 2} <= {each.natoms for each in found}
    for quantity in ("energy", "forces", "stress"):
        assert {getattr(each, quantity) is None for each in found} == {True, False}
    assert sum("with_cracks" in each.identifier for each in found) == 1
