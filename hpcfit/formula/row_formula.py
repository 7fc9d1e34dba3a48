"""A model of tables: each output column as a formula of the input columns of the same row and of parameters.

Its parameters are of the kind "shared", or "species": with a number for each group of rows, as those of
a potential have one for each species. The rest of the program then needs not know which of the two it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import KernelError
from hpcfit.formula import allowed
from hpcfit.formula.check import check_expression, names_in
from hpcfit.formula.keys import Key
from hpcfit.formula.parameter_spec import NAME, ParameterSpec, find_default, find_parameter
from hpcfit.formula.syntax import check_together

FloatArray = NDArray[np.float64]
#: initial values by name, from inputs (inputs, n) and outputs (outputs, n) of rows without gaps
Guess = Callable[[FloatArray, FloatArray], Mapping[str, float]]

#: rows that a guess looks at, at most
_ENOUGH = 2000
#: groups that have guesses of their own, at most; of more, all start from that of all rows
_MOST_GROUPS = 1000

_RESERVED = frozenset({*allowed.FUNCTIONS, *allowed.CONSTANTS})


@dataclass(frozen=True)
class RowFormula:
    """A model given by formulas.

    Its species are groups of rows, which may have any name (`of_rows`).

    Attributes:
        outputs: (column, formula) of each output.
        inputs: the columns that formulas may use.
        let: named sub-expressions as (name, formula); each may use the earlier ones.
        materials: values of parameters by group.
        guess: initial values from the data; those that it does not name, or that are not finite, are the
            defaults.
        has_guessed: whether it was asked.
    """

    of_rows: ClassVar[bool] = True

    name: str
    outputs: tuple[tuple[str, str], ...]
    inputs: tuple[str, ...]
    parameters: tuple[ParameterSpec, ...]
    let: tuple[tuple[str, str], ...] = ()
    summary: str = ""
    source: str = ""
    materials: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)
    guess: Guess | None = field(default=None, hash=False)
    has_guessed: bool = False

    def __post_init__(self) -> None:
        seen: set[str] = set()
        names = [*self.inputs, *(spec.name for spec in self.parameters), *(name for name, _ in self.let)]
        for name in names:
            if not NAME.match(name):
                raise KernelError(
                    f"{self.name}: {name!r} cannot be a name in a formula. Write a letter, then letters, "
                    "digits or _"
                )
            if name in _RESERVED:
                raise KernelError(f"{self.name}: {name} has a meaning in formulas already. Rename it")
            if name in seen:
                raise KernelError(f"{self.name}: {name} is defined twice. Rename one of them")
            seen.add(name)
        if not self.outputs:
            raise KernelError(f"{self.name}: there is no output. Give a formula for at least one column")
        check_together([*(text for _, text in self.outputs), *(text for _, text in self.let)], self.name)

    @cached_property
    def used_inputs(self) -> frozenset[str]:
        """The inputs that some formula contains."""
        texts = [*(text for _, text in self.outputs), *(text for _, text in self.let)]
        return frozenset(self.inputs) & frozenset(name for text in texts for name in names_in(text))

    def faults(self, where: str) -> list[str]:
        """All that is wrong with the formulas, as sentences that begin with `where`."""
        known = {*self.inputs, *(spec.name for spec in self.parameters)}
        found: list[str] = []
        for name, text in (*self.let, *self.outputs):
            place = f"{where}.{name}" if len(self.outputs) > 1 or (name, text) in self.let else where
            try:
                check_expression(text, known, place)
            except KernelError as error:
                found.append(str(error))
            if (name, text) in self.let:
                known.add(name)
        return found

    def grouped(self, names: Sequence[str]) -> RowFormula:
        """The same with a number for each group in place of one for all, for the parameters `names`."""
        for name in names:
            self.parameter(name)
        specs = (
            replace(spec, kind="species" if spec.name in names else "shared") for spec in self.parameters
        )
        return replace(self, parameters=tuple(specs))

    def started(
        self, inputs: FloatArray, outputs: FloatArray, group: NDArray[np.int32], labels: Sequence[str]
    ) -> RowFormula:
        """The same with initial values guessed from a table, for all rows or each group of them.

        Args:
            inputs, outputs: shapes (inputs, n) and (outputs, n); outputs may lack numbers, which are NaN.
            group: number of the group in `labels` of each row, shape (n,), sorted.
        """
        if self.guess is None:
            return self
        found = guessed(self, inputs, outputs)
        specs = tuple(replace(spec, default=found.get(spec.name, spec.default)) for spec in self.parameters)
        own = [spec.name for spec in specs if spec.kind == "species"]
        materials = dict(self.materials)
        ends = np.searchsorted(group, np.arange(len(labels) + 1)).tolist()
        for k, label in enumerate(labels if own and len(labels) <= _MOST_GROUPS else ()):
            rows = slice(ends[k], ends[k + 1])
            values = guessed(self, inputs[:, rows], outputs[:, rows])
            materials[label] = {name: values[name] for name in own if name in values}
        return replace(self, parameters=specs, materials=materials, guess=None, has_guessed=True)

    def parameter(self, name: str) -> ParameterSpec:
        """The specification of a parameter; KernelError with a suggestion if there is none."""
        return find_parameter(self, name)

    def default(self, name: str, key: Key, species: tuple[str, ...]) -> float | None:
        """The value of a parameter for the group `key` that needs not be given, or None."""
        return find_default(self, name, key, species)


def guessed(form: RowFormula, inputs: FloatArray, outputs: FloatArray) -> dict[str, float]:
    """What the model guesses for rows, as far as it can: finite, and within what makes sense.

    Raises:
        KernelError: the guess is not one of numbers for parameters.
    """
    whole = np.flatnonzero(np.isfinite(outputs).all(axis=0))
    if form.guess is None or not len(whole):
        return {}
    if len(whole) > _ENOUGH:
        whole = whole[np.linspace(0, len(whole) - 1, _ENOUGH).astype(np.int64)]
    with np.errstate(all="ignore"):
        try:
            values = form.guess(inputs[:, whole], outputs[:, whole])
        except np.linalg.LinAlgError:
            return {}
    if not isinstance(values, Mapping):
        names = ", ".join(spec.name for spec in form.parameters)
        raise KernelError(f"it returned {values!r:.40}, not a number for each of {names} by its name")
    found = {}
    for name, value in values.items():
        spec = form.parameter(name)
        if not isinstance(value, int | float | np.number):
            raise KernelError(f"{name} is {value!r:.40}, not a number")
        low = -np.inf if spec.minimum is None else spec.minimum
        high = np.inf if spec.maximum is None else spec.maximum
        if np.isfinite(value):
            found[name] = float(min(max(value, low), high))
    return found
