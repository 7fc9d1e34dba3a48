"""check_weight: all that a weight scheme promises, on configurations of its own making and others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import Configuration
from hpcfit.errors import HpcfitError
from hpcfit.testing.configurations import copied, sample_configurations
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.registered import name_of, registered
from hpcfit.testing.weight.repeatable import check_again
from hpcfit.testing.weight.scheme import Maker, maker
from hpcfit.testing.weight.shapes import check_shapes
from hpcfit.testing.weight.untouched import check_untouched
from hpcfit.testing.weight.values import check_values
from hpcfit.weights import WeightScheme

__all__ = ["check_weight"]

FloatArray = NDArray[np.float64]


def check_weight(
    scheme: Any,
    options: Mapping[str, Any] | None = None,
    configurations: Iterable[Configuration] = (),
    *,
    own: bool = True,
) -> None:
    """Check what hpcfit expects of a weight scheme.

    Shapes; finite and not negative values, not all zero; the same bits when asked twice, in another order,
    and of a scheme made anew; configurations left as they are.

    Args:
        scheme: a class, a scheme made from it, or the name of a registered one.
        options: keyword arguments of the class, as in [weights].
        configurations: to ask about besides; the scheme must have weights for all of them.
        own: ask about configurations of the check's own making too. Those that the scheme refuses with an
            error for users (a `DataError` that says what is missing) are passed over.

    Raises:
        ConformanceError: what is wrong, for which configuration, and by how much.
    """
    item = registered("weights", scheme)
    name = name_of(item)
    make = maker(item, options or {})
    given = tuple(configurations)
    asked = [*given, *(_accepted(name, make) if own else ())]
    if not asked:
        raise ConformanceError(f"{name}: there is no configuration that it gives weights for; give some.")
    made = make(asked)
    found = [(each, _first_answer(name, made, each)) for each in asked]
    check_again(name, made, found, "it is asked a second time")
    check_again(name, make(asked), reversed(found), "a scheme made anew is asked in the reverse order")


def _accepted(name: str, make: Maker) -> list[Configuration]:
    """The configurations of the check's own making that the scheme does not refuse."""
    samples = sample_configurations()
    accepted = []
    try:
        made = make(samples)
    except HpcfitError:
        return []
    for configuration in samples:
        try:
            made.weights(copied(configuration))
        except HpcfitError:
            continue
        except Exception as error:
            raise _raised(name, configuration, error) from error
        accepted.append(configuration)
    return accepted


def _first_answer(name: str, made: WeightScheme, configuration: Configuration) -> FloatArray:
    before = copied(configuration)
    try:
        weight = made.weights(configuration)
    except Exception as error:
        raise _raised(name, configuration, error) from error
    factors = check_shapes(name, configuration, weight)
    check_values(name, configuration, factors)
    check_untouched(name, before, configuration)
    return factors


def _raised(name: str, configuration: Configuration, error: Exception) -> ConformanceError:
    return ConformanceError(
        f"{name}, configuration {configuration.identifier!r}: asked for weights, it raised "
        f"{type(error).__name__}: {error}"
    )
