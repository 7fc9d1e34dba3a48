"""A user's residual function with its arguments: calls of it, and what it may return."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import PluginError
from hpcfit.problem.user_code import FAILURES, described, is_real_array, is_refused_change, raised
from hpcfit.residuals import ResidualFunction, WeightView

FloatArray = NDArray[np.float64]


class FunctionCall:
    """One configuration's residual as a function of its prediction.

    Attributes:
        where: how messages begin.
        reference: (m,), read-only: a function that changed it would change what the fit is about.
        length: of what the function returns; it must be the same at every prediction.
    """

    def __init__(
        self,
        function: ResidualFunction,
        label: str,
        identifier: str,
        natoms: int,
        weight: WeightView,
        reference: FloatArray,
        data: Mapping[str, Any],
    ) -> None:
        self.function = function
        self.where = f"residual function {label}, configuration {identifier!r}"
        self.reference = reference
        reference.flags.writeable = False
        weight.vector.flags.writeable = False
        self._before = identifier, natoms, weight
        self._data = _read_only(data)
        self.length = self._first_length()

    def raw(self, prediction: NDArray[Any], function: Any = None) -> Any:
        """What the function, or another one of the same arguments, returns.

        Raises:
            PluginError: with its line, when it raises an exception.
        """
        function = self.function if function is None else function
        try:
            # What is not finite is counted; NumPy's warnings of it would repeat at every evaluation.
            with np.errstate(all="ignore"):
                return function(*self._before, prediction, self.reference, self._data)
        except FAILURES as error:
            found = raised(self.where, error)
            if is_refused_change(error):
                found = PluginError(
                    f"{found} Of its arguments a residual function may change prediction only; work on a "
                    "copy of the others."
                )
            raise found from error

    def __call__(self, prediction: FloatArray) -> FloatArray:
        """The residual (k,) at a prediction (m,).

        Raises:
            PluginError: when the function raises, or does not return a real vector of the same length.
        """
        # A copy, since a function may work in place.
        value = self.raw(prediction.copy())
        if not is_real_array(value, (self.length,)):
            raise PluginError(
                f"{self.where}: returned {described(value)} where it returned a vector of length "
                f"{self.length} before; neither type nor length may depend on the prediction."
            )
        return value.astype(np.float64, copy=False)  # type: ignore[no-any-return]

    def _first_length(self) -> int:
        value = self.raw(self.reference.copy())
        if not isinstance(value, np.ndarray) or not is_real_array(value, (value.size,)):
            raise PluginError(
                f"{self.where}: must return a numpy vector of real numbers, not {described(value)}."
            )
        return len(value)


def _read_only(table: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(
        {name: _read_only(value) if isinstance(value, Mapping) else value for name, value in table.items()}
    )
