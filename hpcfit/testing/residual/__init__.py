"""check_residual: all that a residual promises, on configurations of the check's own making and others."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from hpcfit.data import Configuration
from hpcfit.errors import HpcfitError
from hpcfit.registry.kinds import contract_problem
from hpcfit.residuals import ScaledDifference, VectorResidual
from hpcfit.testing.configurations import sample_configurations
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.registered import name_of, registered
from hpcfit.testing.residual.case import TARGETS, Case, cases
from hpcfit.testing.residual.derivative import check_derivative
from hpcfit.testing.residual.factors import check_factors
from hpcfit.testing.residual.finite import check_finite, check_zero
from hpcfit.testing.residual.repeatable import check_repeatable
from hpcfit.testing.residual.rows import check_rows
from hpcfit.testing.residual.vector import check_vector

__all__ = ["check_residual"]


def check_residual(
    residual: Any,
    data: Mapping[str, Any] | None = None,
    configurations: Iterable[Configuration] = (),
    *,
    own: bool = True,
    targets: Sequence[Sequence[str]] = TARGETS,
    zero: bool = False,
    tolerance: float = 1e-6,
    seed: int = 0,
) -> None:
    """Check what hpcfit expects of a residual.

    Of a function: it returns a numpy vector of real numbers, of one length whatever the prediction; finite at
    the references and near them; the same when called again; its derivative, as hpcfit finds it or its
    `jacobian` gives it, equals differences; it changes no argument but the prediction; all that for
    energies, for forces, for both, and with stress. Of a class derived from `ScaledDifference`: as many
    finite factors as weights, and nothing changed. Of one derived from `VectorResidual`: finite values and
    their derivatives.

    Args:
        residual: a function, a class, or the name of a registered one.
        data: what [residual.data] gives it.
        configurations: to call it for besides.
        own: call it for configurations of the check's own making too. Those that it refuses with an error
            for users (an `HpcfitError`) are passed over.
        targets: choices of "energy", "forces" and "stress" to call it with.
        zero: the residual is to vanish where predictions are the references.
        tolerance: of derivatives, over the largest.
        seed: of the random predictions.

    Raises:
        ConformanceError: what is wrong, for which configuration and targets, and by how much.
    """
    item = registered("residuals", residual)
    name, data = name_of(item), data or {}
    problem = contract_problem("residuals", item)
    if problem is not None:
        raise ConformanceError(f"{name}: {problem}.")
    samples = [*configurations, *(sample_configurations(seed) if own else ())]
    random = np.random.default_rng(seed)
    made = item(**data) if inspect.isclass(item) else item
    if isinstance(made, ScaledDifference):
        check_factors(name, made, samples)
    elif isinstance(made, VectorResidual):
        check_rows(name, made, samples, targets, random, tolerance)
    else:
        accepted = [each for each in cases(made, name, samples, targets, data) if _accepts(each)]
        if not accepted:
            raise ConformanceError(f"{name}: there is no configuration that it has residuals for; give some.")
        _check_function(accepted, random, zero, tolerance)


def _check_function(
    accepted: Sequence[Case], random: np.random.Generator, zero: bool, tolerance: float
) -> None:
    for case in accepted:
        check_vector(case, random)
        check_finite(case, random)
        if zero:
            check_zero(case)
    check_repeatable(accepted, random)
    for case in accepted:
        check_derivative(case, random, tolerance)


def _accepts(case: Case) -> bool:
    try:
        case.call(case.reference)
    except HpcfitError:
        return False
    return True
