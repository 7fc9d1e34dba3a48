"""Weights that depend on the tag of a configuration (its group, folder or config_type)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hpcfit.errors import JobError
from hpcfit.weights.base_factors import BaseFactors
from hpcfit.weights.configuration_weight import ConfigurationWeight
from hpcfit.weights.tags import check_tags

if TYPE_CHECKING:
    from hpcfit.data import Configuration

_QUANTITIES = ("config", "energy", "forces", "stress")


@dataclass(frozen=True)
class ByTagWeights(BaseFactors):
    """Constant weights, with other values for some tags.

    In a job file::

        [weights]
        name = "by-tag"
        energy = 10.0
        [weights.tags]
        Surface = { config = 5.0 }
        Elastic = { energy = 50.0, forces = 2.0 }
    """

    tags: Mapping[str, Mapping[str, float]] = field(
        default_factory=dict, metadata={"help": "for a tag: the weights that differ there"}
    )

    def __post_init__(self) -> None:
        problems = []
        for tag, changes in self.tags.items():
            if not isinstance(changes, Mapping):
                problems.append(
                    f"weights.tags.{tag}: a table such as {{ config = 5.0 }} is expected, not {changes!r}."
                )
                continue
            for name, value in changes.items():
                where = f"weights.tags.{tag}.{name}"
                if name not in _QUANTITIES:
                    problems.append(f"{where} is not a known weight. Known: {', '.join(_QUANTITIES)}.")
                elif isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0.0:
                    problems.append(f"{where}: a number of at least 0 is expected, not {value!r}.")
        if problems:
            raise JobError(problems)

    def check_tags(self, present: Collection[str]) -> None:
        """Every tag that is given weights must occur.

        Raises:
            JobError: naming those that do not.
        """
        check_tags("weights.tags", self.tags, present)

    def weights(self, configuration: Configuration) -> ConfigurationWeight:
        values = {name: getattr(self, name) for name in _QUANTITIES}
        values.update(self.tags.get(configuration.tag, {}))
        return ConfigurationWeight(**values)
