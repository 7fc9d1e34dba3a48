"""The parameters of a fit: a sequence that prints as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

from hpcfit.output.result import FittedParameter, Result


def by_label(result: Result) -> dict[str, FittedParameter]:
    """All parameters by labels that differ; see `Fit.values`."""
    short = [result.label(q) for q in result.parameters]
    made: dict[str, FittedParameter] = {}
    for place, (label, q) in enumerate(zip(short, result.parameters, strict=True)):
        name = label if short.count(label) == 1 else f"{q.potential}.{label}"
        made[name if name not in made else f"{name}#{place}"] = q
    return made


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
        return tuple(each for each in self if each.free)

    @overload
    def __getitem__(self, index: int | str) -> FittedParameter: ...

    @overload
    def __getitem__(self, index: slice) -> list[FittedParameter]: ...

    def __getitem__(self, index: int | str | slice) -> FittedParameter | list[FittedParameter]:
        """The parameter at a position, or of a label as in `Fit.values`, or of "Si-C.A".

        Raises:
            KeyError: no parameter, or more than one, has this label.
        """
        if isinstance(index, str):
            known = by_label(self._result)
            try:
                return known[index] if index in known else self._result.parameter(index)
            except KeyError:
                names = ", ".join(known)
                raise KeyError(f"no one parameter is called {index!r}; there are: {names}") from None
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
