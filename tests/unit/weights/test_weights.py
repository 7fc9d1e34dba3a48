"""Weights of a configuration: their order, their products, and what is refused."""

from dataclasses import dataclass

import numpy as np
import pytest

from hpcfit.errors import DataError, JobError
from hpcfit.weights import ByTagWeights, ConfigurationWeight, ConstantWeights
from hpcfit.weights.configuration_weight import weight_vector


@dataclass
class Stub:
    identifier: str = "slab-3"
    tag: str = "Surface"
    numbers: tuple[int, ...] = (14, 14)


def test_constant_weights_are_config_times_quantity_in_prediction_order():
    vector = weight_vector(ConstantWeights(config=2.0, energy=10.0, forces=3.0, stress=0.5), Stub())
    assert vector.tolist() == [20.0] + [6.0] * 6 + [1.0] * 6


def test_by_tag_weights_change_only_what_the_tag_names():
    scheme = ByTagWeights(energy=10.0, tags={"Surface": {"config": 5.0}, "Elastic": {"energy": 50.0}})
    assert scheme.weights(Stub()) == ConfigurationWeight(5.0, 10.0, 1.0, 1.0)
    assert scheme.weights(Stub(tag="Elastic")) == ConfigurationWeight(1.0, 50.0, 1.0, 1.0)
    assert scheme.weights(Stub(tag="other")) == ConfigurationWeight(1.0, 10.0, 1.0, 1.0)


def test_by_tag_weights_report_every_fault_at_once():
    with pytest.raises(JobError) as caught:
        ByTagWeights(tags={"a": {"enrgy": 1.0}, "b": {"forces": -1.0}, "c": 3.0})  # type: ignore[dict-item]
    assert caught.value.problems == (
        "weights.tags.a.enrgy is not a known weight. Known: config, energy, forces, stress.",
        "weights.tags.b.forces: a number of at least 0 is expected, not -1.0.",
        "weights.tags.c: a table such as { config = 5.0 } is expected, not 3.0.",
    )


def test_weights_by_component_and_by_stress_component_stay_as_they_are():
    forces = np.arange(1.0, 7.0).reshape(2, 3)
    vector = ConfigurationWeight(2.0, 3.0, forces, np.arange(6)).vector(2)
    assert vector.tolist() == [6.0, *range(2, 13, 2), *range(0, 11, 2)]


def test_per_atom_weights_apply_to_the_three_components_of_each_atom():
    vector = ConfigurationWeight(forces=np.array([1.0, 4.0])).vector(2)
    assert vector[1:7].tolist() == [1.0, 1.0, 1.0, 4.0, 4.0, 4.0]


class Scheme:
    def __init__(self, weight):
        self.weight = weight

    def weights(self, configuration):
        return self.weight


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (
            ConfigurationWeight(forces=np.ones(3)),
            "configuration 'slab-3': its weights cannot be used: weights for 3 atoms, "
            "but the configuration has 2",
        ),
        (
            ConfigurationWeight(forces=np.ones((2, 2))),
            "configuration 'slab-3': its weights cannot be used: forces has shape (2, 2), where one number "
            "or shape (2,) or shape (2, 3) is expected",
        ),
        (
            ConfigurationWeight(stress=np.ones(3)),
            "configuration 'slab-3': its weights cannot be used: stress has shape (3,), where one number or "
            "shape (6,) is expected",
        ),
        (
            ConfigurationWeight(energy=np.ones(2)),  # type: ignore[arg-type]
            "configuration 'slab-3': its weights cannot be used: energy has shape (2,), where one number is "
            "expected",
        ),
        (
            ConfigurationWeight(forces=None),  # type: ignore[arg-type]
            "configuration 'slab-3': its weights cannot be used: forces is None, not a number or an array",
        ),
        (
            ConfigurationWeight(config="2"),  # type: ignore[arg-type]
            "configuration 'slab-3': its weights cannot be used: config is '2', not a number",
        ),
        (
            ConfigurationWeight(forces=np.array([0.1, np.nan])),
            "configuration 'slab-3': a weight is not finite; check the scheme in [weights].",
        ),
        *(
            (
                returned,
                f"configuration 'slab-3': the scheme in [weights] returned {returned!r}, not a "
                "ConfigurationWeight; return ConfigurationWeight(config=..., energy=..., forces=..., "
                "stress=...).",
            )
            for returned in (2.0, None, (1.0, 2.0, 3.0, 4.0))
        ),
        (
            ConfigurationWeight(energy=np.nan),
            "configuration 'slab-3': a weight is not finite; check the scheme in [weights].",
        ),
        (
            ConfigurationWeight(energy=-1.0),
            "configuration 'slab-3': a weight is negative; weights multiply residuals and must be >= 0.",
        ),
        (
            ConfigurationWeight(config=0.0),
            "configuration 'slab-3': all of its weights are zero; leave it out by its tag in [data], "
            "or give it a weight.",
        ),
    ],
)
def test_unusable_weights_name_the_configuration(weight, message):
    with pytest.raises(DataError) as caught:
        weight_vector(Scheme(weight), Stub())
    assert str(caught.value) == message


def test_weights_for_a_tag_that_does_not_occur_are_refused_with_a_suggestion():
    with pytest.raises(JobError) as caught:
        ByTagWeights(tags={"Surfce": {"config": 5.0}}).check_tags({"Surface", "Elastic"})
    assert caught.value.problems == (
        "weights.tags.Surfce: no selected configuration has this tag. Did you mean Surface?",
    )
