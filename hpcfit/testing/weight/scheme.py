"""From what a plugin registers to a weight scheme that can be asked."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hpcfit.data import Configuration, gather
from hpcfit.problem.survey import survey_block
from hpcfit.problem.targets import Targets
from hpcfit.residuals import RESIDUALS
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.registered import name_of
from hpcfit.weights import WeightScheme
from hpcfit.weights.survey import SurveyedScheme

Maker = Callable[[Sequence[Configuration]], WeightScheme]


def maker(item: Any, options: Mapping[str, Any]) -> Maker:
    """A function that makes the scheme anew and shows it the survey of the configurations, as a job does.

    Raises:
        ConformanceError: `item` is no weight scheme.
    """
    if not inspect.isclass(item) and options:
        raise ValueError(f"{name_of(item)} is made already; options are for a class.")
    if not callable(getattr(item, "weights", None)):
        raise ConformanceError(f"{name_of(item)} has no method weights(configuration).")

    def make(configurations: Sequence[Configuration]) -> WeightScheme:
        scheme: Any = item(**options) if inspect.isclass(item) else item
        if isinstance(scheme, SurveyedScheme):
            scheme = scheme.surveyed(_survey(configurations))
            if not callable(getattr(scheme, "weights", None)):
                raise ConformanceError(
                    f"{name_of(item)}: surveyed(survey) returned {type(scheme).__name__}, which has no "
                    "method weights(configuration)."
                )
        made: WeightScheme = scheme
        return made

    return make


def _survey(configurations: Sequence[Configuration]) -> Any:
    species = tuple(sorted({symbol for each in configurations for symbol in each.symbols}))
    residual: Any = RESIDUALS["energy-forces"]
    return survey_block(gather(configurations), species, Targets(stress=True), residual())
