"""A site function and its derivatives as compiled functions that all are called in the same way.

Nothing is kept on disk: the code of a plugin's function may depend on whatever it refers to. It is
compiled once in each process, when it is first needed.
"""

# numba's compiler has no types.
# mypy: allow-untyped-calls, disable-error-code="no-untyped-def"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numba
import numpy as np

from hpcfit.kernels.hand_written.site_function import INPUTS, SiteFunction, argument_names, plain_function
from hpcfit.linalg.compiled import FASTMATH

#: as for all kernels: nothing may be assumed of NaN, and a division by zero is one
OPTIONS: dict[str, Any] = {"error_model": "numpy", "fastmath": set(FASTMATH), "nogil": True}
#: of functions that only other compiled ones call: without what Python would need, they compile faster
INNER: dict[str, Any] = {**OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


@dataclass(frozen=True)
class SiteCalls:
    """What the loops over atoms call.

    Attributes:
        energy: (vectors, distances, species, centre, parameters, place, gradients) -> energy.
        derivatives: (the same before gradients, wanted, points, coefficients, energy, gradients, work,
            d_energy, d_gradients): derivatives by S slots. Slots are the numbers of the potential, or with
            differences the columns.
        weighted: (the same before energy, work, energy_weight, gradient_weights, d_sum): derivatives of
            a weighted sum of energy and gradients by the slots.
        differs: derivatives are differences.
    """

    energy: Any
    derivatives: Any
    weighted: Any
    differs: bool


@cache
def site_calls(
    energy_and_gradient: Callable[..., Any],
    jacobian: Callable[..., Any] | None,
    weighted_gradient: Callable[..., Any] | None,
    checked: bool,
) -> SiteCalls:
    """The compiled functions; the same for the same functions.

    Args:
        checked: an index out of bounds is an error, which takes time.
    """
    options = {**INNER, "boundscheck": checked}
    energy = _adapted(energy_and_gradient, (*INPUTS, "gradients"), options)
    table = sums = None
    if jacobian is not None:
        table = _adapted(jacobian, (*INPUTS, "wanted", "d_energy", "d_gradients"), options)
    if weighted_gradient is not None:
        given = (*INPUTS, "energy_weight", "gradient_weights", "d_sum")
        sums = _adapted(weighted_gradient, given, options)
    if table is None and sums is None:
        return SiteCalls(energy, _by_differences(energy, options), _sum_of_differences(energy, options), True)
    derivatives = _by_sums(sums, options) if table is None else _by_jacobian(table, options)
    weighted = _sum_of_jacobian(table, options) if sums is None else _sum_of_its_own(sums, options)
    return SiteCalls(energy, derivatives, weighted, False)


def calls_of(site: SiteFunction, checked: bool) -> SiteCalls:
    """Those of a site function."""
    functions = (site.energy_and_gradient, site.jacobian, site.weighted_gradient)
    return site_calls(*(plain_function(each) for each in functions), checked=checked)


def _adapted(function: Callable[..., Any], given: tuple[str, ...], options: dict[str, Any]) -> Any:
    """A compiled function of the arguments `given`, of which it passes those on that `function` names."""
    wanted = ", ".join(argument_names(function))
    space = {"function": numba.njit(**options)(function)}
    exec(f"def call({', '.join(given)}):\n    return function({wanted})\n", space)
    return numba.njit(**options)(space["call"])


def _by_jacobian(own: Any, options: dict[str, Any]) -> Any:
    @numba.njit(**options)
    def derivatives(
        vectors, distances, species, centre, parameters, place, wanted,
        points, coefficients, energy, gradients, work, d_energy, d_gradients,
    ):  # fmt: skip
        own(vectors, distances, species, centre, parameters, place, wanted, d_energy, d_gradients)

    return derivatives


def _by_sums(weighted: Any, options: dict[str, Any]) -> Any:
    """Each element of the gradients is the weighted sum whose only weight is its own."""

    @numba.njit(**options)
    def derivatives(
        vectors, distances, species, centre, parameters, place, wanted,
        points, coefficients, energy, gradients, work, d_energy, d_gradients,
    ):  # fmt: skip
        work[:] = 0.0
        weighted(vectors, distances, species, centre, parameters, place, 1.0, work, d_energy)
        d_sum = np.empty(len(d_energy))
        for x in range(len(vectors)):
            for axis in range(3):
                work[x, axis] = 1.0
                d_sum[:] = 0.0
                weighted(vectors, distances, species, centre, parameters, place, 0.0, work, d_sum)
                work[x, axis] = 0.0
                for k in range(len(d_sum)):
                    d_gradients[k, x, axis] = d_sum[k]

    return derivatives


def _by_differences(call: Any, options: dict[str, Any]) -> Any:
    """See `Differences`; the bonds are those of the parameters themselves."""

    @numba.njit(**options)
    def derivatives(
        vectors, distances, species, centre, parameters, place, wanted,
        points, coefficients, energy, gradients, work, d_energy, d_gradients,
    ):  # fmt: skip
        for k in range(len(points)):
            d_energy[k] = coefficients[k, 0] * energy
            for x in range(len(vectors)):
                for axis in range(3):
                    d_gradients[k, x, axis] = coefficients[k, 0] * gradients[x, axis]
            for side in range(2):
                work[:] = 0.0
                moved = call(vectors, distances, species, centre, points[k, side], place, work)
                factor = coefficients[k, 1 + side]
                d_energy[k] += factor * moved
                for x in range(len(vectors)):
                    for axis in range(3):
                        d_gradients[k, x, axis] += factor * work[x, axis]

    return derivatives


def _sum_of_its_own(sums: Any, options: dict[str, Any]) -> Any:
    @numba.njit(**options)
    def weighted(
        vectors, distances, species, centre, parameters, place, wanted,
        points, coefficients, work, energy_weight, gradient_weights, d_sum,
    ):  # fmt: skip
        sums(
            vectors, distances, species, centre, parameters, place, energy_weight, gradient_weights, d_sum
        )  # fmt: skip

    return weighted


def _sum_of_jacobian(table: Any, options: dict[str, Any]) -> Any:
    @numba.njit(**options)
    def weighted(
        vectors, distances, species, centre, parameters, place, wanted,
        points, coefficients, work, energy_weight, gradient_weights, d_sum,
    ):  # fmt: skip
        d_energy, d_gradients = np.zeros(len(d_sum)), np.zeros((len(d_sum), len(vectors), 3))
        table(vectors, distances, species, centre, parameters, place, wanted, d_energy, d_gradients)
        for k in range(len(d_sum)):
            d_sum[k] += energy_weight * d_energy[k]
            for x in range(len(vectors)):
                for axis in range(3):
                    d_sum[k] += gradient_weights[x, axis] * d_gradients[k, x, axis]

    return weighted


def _sum_of_differences(call: Any, options: dict[str, Any]) -> Any:
    @numba.njit(**options)
    def weighted(
        vectors, distances, species, centre, parameters, place, wanted,
        points, coefficients, work, energy_weight, gradient_weights, d_sum,
    ):  # fmt: skip
        for k in range(len(points)):
            for side in range(3):
                factor = coefficients[k, side]
                if factor == 0.0:
                    continue
                point = parameters if side == 0 else points[k, side - 1]
                work[:] = 0.0
                energy = call(vectors, distances, species, centre, point, place, work)
                d_sum[k] += factor * energy_weight * energy
                for x in range(len(vectors)):
                    for axis in range(3):
                        d_sum[k] += factor * gradient_weights[x, axis] * work[x, axis]

    return weighted
