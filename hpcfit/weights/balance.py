"""Weights by which every tag has its share of the loss, however many configurations it has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hpcfit.errors import DataError, JobError
from hpcfit.weights.base_factors import BaseFactors
from hpcfit.weights.configuration_weight import ConfigurationWeight
from hpcfit.weights.survey import Survey, not_surveyed
from hpcfit.weights.tags import check_tags

if TYPE_CHECKING:
    from hpcfit.data import Configuration


@dataclass(frozen=True)
class BalancedWeights(BaseFactors):
    """config is multiplied by one factor per tag, so that all tags have the same total influence.

    The influence of a tag is the sum of the squared factors of its residuals, those of the residual and
    of `energy`, `forces` and `stress` included: what the tag adds to twice the loss when every residual
    is off by 1. The influence of all tags together stays what it is without balancing.
    """

    shares: Mapping[str, float] = field(
        default_factory=dict,
        metadata={"help": "for a tag: its influence relative to that of the tags not named, which is 1"},
    )

    def __post_init__(self) -> None:
        problems = [
            f"weights.shares.{tag}: a number above 0 is expected, not {share!r}."
            for tag, share in self.shares.items()
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0.0 < share < math.inf
        ]
        if problems:
            raise JobError(problems)

    def surveyed(self, survey: Survey) -> BalancedByTag:
        """The scheme with the factor of every tag."""
        tags = sorted(set(survey.tags))
        check_tags("weights.shares", self.shares, tags)
        base = self.config * np.array([self.energy, self.forces, self.stress])
        own = (survey.influence * base**2).sum(axis=1)
        by_tag: dict[str, list[float]] = {tag: [] for tag in tags}
        for tag, value in zip(survey.tags, own.tolist(), strict=True):
            by_tag[tag].append(value)
        # fsum is exact, so that the order of the configurations makes no difference.
        influence = {tag: math.fsum(values) for tag, values in by_tag.items()}
        idle = [tag for tag in tags if not influence[tag] > 0.0]
        if idle:
            raise DataError(
                f"tag {idle[0]!r}: none of its configurations has a residual of a weight above 0, so it "
                "cannot be given a share; leave it out by data.tags, or give a weight to what it has "
                "references for."
            )
        return BalancedByTag(self, self._factors(influence))

    def _factors(self, influence: Mapping[str, float]) -> dict[str, float]:
        shares = {tag: float(self.shares.get(tag, 1.0)) for tag in influence}
        unit = math.fsum(influence.values()) / math.fsum(shares.values())
        return {tag: math.sqrt(unit * shares[tag] / influence[tag]) for tag in influence}

    def weights(self, configuration: Configuration) -> ConfigurationWeight:
        raise not_surveyed("balance")


@dataclass(frozen=True)
class BalancedByTag:
    """Balanced weights, with the factor of each tag."""

    scheme: BalancedWeights
    factors: Mapping[str, float]

    def weights(self, configuration: Configuration) -> ConfigurationWeight:
        return self.scheme.times(self.factors[configuration.tag])
