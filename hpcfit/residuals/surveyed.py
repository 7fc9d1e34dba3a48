"""Residuals that are shown the training data as a whole before they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from hpcfit.weights.survey import Survey


@runtime_checkable
class SurveyedResidual(Protocol):
    """A residual that depends on all training configurations, or has something to check of them."""

    def surveyed(self, survey: Survey) -> Any:
        """The residual to use; called once on every rank, with the same survey.

        `influence` of the survey counts the rows of each quantity.

        Raises:
            JobError: its sentences begin with the option that is at fault, such as residual.data.scales.
        """
        ...
