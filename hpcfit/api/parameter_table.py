"""The parameters of a fit: a sequence that prints as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from hpcfit.output.result import FittedParameter, Result


class ParameterTable(Sequence[FittedParameter]):
    """All parameters, the fixed ones too, in the order of the potentials.

    Indexed by position or by label: `fit.parameters["A"].standard_error`.
    """

    def __init__(self, result: Result) -> None:
        self._result = result

    @property
    def labels(self) -> tuple[str, ...]:
        """ "A", or "Si-C.A" where a potential has several parameters of that name."""
        return tuple(self._result.label(each) for each in self)

    @property
    def free(self) -> tuple[FittedParameter, ...]:
        """The fitted ones, in the order of the covariance."""
        return tuple(each for each in self if not each.fixed)

    @overload
    def __getitem__(self, index: int | str) -> FittedParameter: ...

    @overload
    def __getitem__(self, index: slice) -> list[FittedParameter]: ...

    def __getitem__(self, index: int | str | slice) -> FittedParameter | list[FittedParameter]:
        """The parameter at a position, or of a label.

        Raises:
            KeyError: no parameter, or more than one, has this label.
        """
        if isinstance(index, str):
            return self._result.parameter(index)
        return self._result.parameters[index]

    def __len__(self) -> int:
        return len(self._result.parameters)

    def __iter__(self) -> Iterator[FittedParameter]:
        return iter(self._result.parameters)

    def __str__(self) -> str:
        from hpcfit.output.summary import parameter_rows, table

        return table(*parameter_rows(self._result))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from hpcfit.output.fragment import styled
        from hpcfit.output.report import parameters_table

        return styled(parameters_table(self._result))
