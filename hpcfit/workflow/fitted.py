"""What a fit says of each parameter: values and errors of theta as those of the values themselves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.optimize import OptimizerResult
from hpcfit.output.result import FittedParameter
from hpcfit.problem.parameters import Parameter, ParameterSet, PotentialInput, place_of

if TYPE_CHECKING:
    from hpcfit.workflow.steps import AnyPrepared

FloatArray = NDArray[np.float64]

#: residuals of the data that are smaller than this on average, or larger than its inverse, are no standard
#: deviations
_SAME = 0.1


def fitted_parameters(prepared: AnyPrepared, found: OptimizerResult) -> list[FittedParameter]:
    """All parameters, the fixed and tied ones too, with what the fit found."""
    parameters = prepared.model.parameters
    numbers, errors = parameters.numbers(found.theta), _standard_errors(parameters, found)
    return [
        _entry(parameter, prepared.potentials[parameter.potential], float(number), error)
        for parameter, number, error in zip(parameters.parameters, numbers, errors, strict=True)
    ]


def fitted_covariance(prepared: AnyPrepared, found: OptimizerResult) -> FloatArray | None:
    """Covariance of the values of the free parameters, shape (p, p)."""
    free = prepared.model.parameters.free
    if found.covariance is None or all(q.transform is None for q in free):
        return found.covariance
    slopes = np.array([q.slope(float(number)) for q, number in zip(free, found.theta, strict=True)])
    return np.asarray(found.covariance * np.outer(slopes, slopes))


def tie_warnings(parameters: ParameterSet, theta: FloatArray) -> list[str]:
    """Tied parameters that the fit has taken where they make no sense."""
    sentences = []
    for parameter, number in zip(parameters.parameters, parameters.numbers(theta).tolist(), strict=True):
        if parameter.tie is None or parameter.minimum <= number <= parameter.maximum:
            continue
        low = number < parameter.minimum
        bound = f"below {parameter.minimum:g}" if low else f"above {parameter.maximum:g}"
        sentences.append(
            f"{parameters.label(parameter)}, tied to {parameter.tie.text}, ended at {number:.6g}: {bound} it "
            "makes no sense. Bound what it is tied to, or fit it and tie another one to it."
        )
    return sentences


def prior_loss(parameters: ParameterSet, theta: FloatArray) -> float | None:
    """The part of the loss that is due to priors and to the smoothness of splines; None without any."""
    if not parameters.has_priors:
        return None
    residual = parameters.prior_residual(theta)
    return 0.5 * float(residual @ residual)


def prior_warnings(parameters: ParameterSet, found: OptimizerResult, residuals: int) -> list[str]:
    """Priors that are not measured by the same scale as the data, whose residuals are `residuals` many.

    A prior takes 1 for a residual of one standard deviation; where those of the data are far from it, the
    prior's sigma does not mean what it says.
    """
    own = prior_loss(parameters, found.theta)
    if own is None or not residuals or not parameters.priors:
        return []
    size = math.sqrt(max(found.cost - 2.0 * own, 0.0) / residuals)
    if _SAME <= size <= 1.0 / _SAME or size == 0.0:
        return []
    more = f"{1.0 / size:.0f} times more" if size < 1.0 else f"{size:.0f} times less"
    return [
        f"The residuals of the data are {size:.2g} on average, while a prior takes 1 for one standard "
        f"deviation: priors count {more} than their sigma says. Weigh the data by one over their errors."
    ]


def _standard_errors(parameters: ParameterSet, found: OptimizerResult) -> list[float | None]:
    """Of each parameter, by its first derivatives and the errors of theta."""
    if found.standard_errors is None:
        return [None] * len(parameters.parameters)
    own = iter(zip(parameters.free, found.theta, found.standard_errors, strict=True))
    errors: list[float | None] = []
    for parameter, slopes in zip(parameters.parameters, parameters.slopes(found.theta), strict=True):
        if parameter.free:
            free, theta, error = next(own)
            errors.append(_finite(abs(free.slope(float(theta))) * float(error)))
        else:
            errors.append(None if found.covariance is None else _propagated(slopes, found.covariance))
    return errors


def _propagated(slopes: FloatArray, covariance: FloatArray) -> float | None:
    """The standard error of what has these derivatives (p,) by theta; None where it is not determined.

    What a bound holds, of which the covariance is NaN, does not vary.
    """
    used = np.flatnonzero((slopes != 0.0) & ~np.isnan(np.diag(covariance)))
    if not len(used):
        return None
    own = covariance[np.ix_(used, used)]
    with np.errstate(invalid="ignore"):
        variance = float(slopes[used] @ own @ slopes[used])
    return None if not math.isfinite(variance) else math.sqrt(max(variance, 0.0))


def _entry(
    parameter: Parameter, potential: PotentialInput, value: float, error: float | None
) -> FittedParameter:
    label, species, name = place_of(potential, parameter.key, parameter.name)
    at_bound = None
    if parameter.free:
        at_bound = "min" if value == parameter.minimum else "max" if value == parameter.maximum else None
    auxiliary = name in potential.auxiliary
    tie, prior = parameter.tie, parameter.prior
    return FittedParameter(
        potential=label,
        species=species,
        name=name,
        value=value,
        standard_error=error,
        initial=parameter.initial,
        min=None if tie is not None else _finite(parameter.minimum),
        max=None if tie is not None else _finite(parameter.maximum),
        fixed=parameter.fixed,
        at_bound=at_bound,
        unit="" if auxiliary else potential.bound.formula.parameter(name).unit,
        tie=None if tie is None else tie.text,
        mixing=None if tie is None else tie.mixing,
        transform=parameter.transform_name,
        prior=None if prior is None else {"mean": prior.mean, "sigma": prior.sigma},
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
