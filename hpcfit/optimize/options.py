"""Options of the optimizers that step by the linear model, as they stand in a job file's [optimizer]."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


def option(
    default: Any,
    text: str,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[Any, ...] | None = None,
) -> Any:
    """A dataclass field with the metadata that [optimizer] is checked by and documented with."""
    limits: dict[str, Any] = {"minimum": minimum, "maximum": maximum, "choices": choices}
    return field(
        default=default, metadata={"help": text} | {k: v for k, v in limits.items() if v is not None}
    )


@dataclass(frozen=True)
class GeodesicLMOptions:
    """Options of `geodesic-lm`; each field's metadata has its help text and limits."""

    max_iterations: int = option(500, "trials of a step, accepted or rejected, before giving up", 0)
    relative_offset: float = option(
        1e-5,
        "converged when the residual's share in reach of the parameters, per degree of freedom, "
        "is below this fraction of the share out of reach",
        0.0,
    )
    xtol: float = option(1e-10, "converged when the full step is below this fraction of the parameters", 0.0)
    ftol: float = option(
        1e-16, "converged when the full step would save less than this fraction of the cost", 0.0
    )
    cost_target: float = option(0.0, "stop when the cost |r|^2 is at or below this; 0 = never", 0.0)
    acceleration: bool = option(True, "add the geodesic acceleration; false is plain Levenberg-Marquardt")
    curvature_step: float = option(0.1, "step h of the second directional derivative", 1e-6, 1.0)
    acceleration_limit: float = option(0.75, "a step is rejected untried when |Da|/|Dv| is above this", 0.0)
    speculative: bool = option(
        True, "linearize at the trial at once while steps are accepted, instead of first computing its cost"
    )
    polish_steps: int = option(6, "most undamped steps taken after convergence", 0)
    max_rejections: int = option(60, "rejections in a row after which the fit has stalled", 1)


@dataclass(frozen=True)
class LMOptions:
    """Options of `lm`, which are those of `geodesic-lm` but for the acceleration's."""

    max_iterations: int = option(500, "trials of a step, accepted or rejected, before giving up", 0)
    relative_offset: float = option(
        1e-5,
        "converged when the residual's share in reach of the parameters, per degree of freedom, "
        "is below this fraction of the share out of reach",
        0.0,
    )
    xtol: float = option(1e-10, "converged when the full step is below this fraction of the parameters", 0.0)
    ftol: float = option(
        1e-16, "converged when the full step would save less than this fraction of the cost", 0.0
    )
    cost_target: float = option(0.0, "stop when the cost |r|^2 is at or below this; 0 = never", 0.0)
    speculative: bool = option(
        True, "linearize at the trial at once while steps are accepted, instead of first computing its cost"
    )
    polish_steps: int = option(6, "most undamped steps taken after convergence", 0)
    max_rejections: int = option(60, "rejections in a row after which the fit has stalled", 1)

    @property
    def as_geodesic(self) -> GeodesicLMOptions:
        """The same without acceleration."""
        return GeodesicLMOptions(acceleration=False, **asdict(self))
