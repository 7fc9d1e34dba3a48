"""Residuals that are written as formulas, element by element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import JobError, KernelError
from hpcfit.formula import allowed
from hpcfit.formula.array_function import ArrayFunction
from hpcfit.residuals.vector_residual import FORCES, STRESS, PredictionRows, RowsFunction, VectorResidual
from hpcfit.suggest import suggestion

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DIFFERENCE = "weight*(prediction - reference)"
VARIABLES = ("prediction", "reference", "weight", "natoms", "volume", "magnitude")
_QUANTITIES = ("energy", "forces", "stress")


@dataclass(frozen=True)
class FormulaResidual(VectorResidual):
    """One residual for each element of the prediction, by a formula for each quantity.

    The names that a formula may use are `prediction` and `reference` (of this element), `weight` (all its
    weights multiplied), `natoms`, `volume` (of the cell, cubic angstrom), `magnitude` (of the reference:
    \\|energy\\|, the length of the atom's force, the Frobenius norm of the stress) and those of `constants`.
    Its derivative is exact. In a job file::

        [residual]
        name = "formula"
        [residual.data]
        energy = "weight*(prediction - reference)/natoms"
        forces = "weight*(prediction - reference)/(magnitude + floor)"
        constants = { floor = 0.1 }
    """

    energy: str = field(default=DIFFERENCE, metadata={"help": "formula of the energy residual"})
    forces: str = field(default=DIFFERENCE, metadata={"help": "formula of each force component's residual"})
    stress: str = field(default=DIFFERENCE, metadata={"help": "formula of each stress component's residual"})
    constants: Mapping[str, float] = field(
        default_factory=dict, metadata={"help": "further names that the formulas may use, with their values"}
    )
    _functions: tuple[ArrayFunction, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        problems = _constant_problems(self.constants)
        functions = []
        known = {name: value for name, value in self.constants.items() if _is_number(value)}
        for name in _QUANTITIES:
            where = f"residual.data.{name}"
            try:
                functions.append(
                    ArrayFunction(getattr(self, name), "prediction", VARIABLES, known, where, ("natoms",))
                )
            except KernelError as error:
                problems.append(str(error))
        problems = problems or self._unused()
        if problems:
            raise JobError(problems)
        object.__setattr__(self, "_functions", tuple(functions))

    def of_rows(self, rows: PredictionRows) -> RowsFunction:
        return _RowFormulas(self._functions, rows)

    def _unused(self) -> list[str]:
        from hpcfit.formula.check import names_in

        used = {name for each in _QUANTITIES for name in names_in(getattr(self, each))}
        return [
            f"residual.data.constants.{name}: no formula uses this name.{suggestion(name, used)}"
            for name in self.constants
            if name not in used
        ]


class _RowFormulas(RowsFunction):
    """The formulas at some rows; each quantity has its own."""

    def __init__(self, functions: tuple[ArrayFunction, ...], rows: PredictionRows) -> None:
        self.source = np.flatnonzero(rows.present)
        quantity = rows.quantity[self.source]
        self._parts = []
        for which, function in enumerate(functions):
            place = np.flatnonzero(quantity == which)
            if len(place):
                self._parts.append((function, place, _given(function, rows, self.source[place])))

    def value(self, prediction: FloatArray) -> FloatArray:
        found = prediction[self.source]
        for function, place, given in self._parts:
            found[place] = function.value({**given, "prediction": found[place]})
        return found

    def linearized(self, columns: FloatArray) -> FloatArray:
        found = np.take(columns, self.source, axis=1)
        slope = np.empty(len(self.source))
        for function, place, given in self._parts:
            arrays = {**given, "prediction": found[-1, place]}
            found[-1, place], slope[place] = function.value_and_slope(arrays)
        with np.errstate(all="ignore"):
            found[:-1] *= slope
        return found


def _given(function: ArrayFunction, rows: PredictionRows, source: IntArray) -> dict[str, FloatArray]:
    """What the function uses besides the prediction, at some rows."""
    owner = rows.owner[source]
    made: dict[str, Callable[[], FloatArray]] = {
        "reference": lambda: rows.reference[source],
        "weight": lambda: rows.weight[source],
        "natoms": lambda: rows.natoms[owner].astype(np.float64),
        "volume": lambda: rows.volume[owner],
        "magnitude": lambda: magnitudes(rows)[source],
    }
    return {name: make() for name, make in made.items() if name in function.uses}


def magnitudes(rows: PredictionRows) -> FloatArray:
    """Sizes of the references, shape (rows,), NaN where there is none; see `FormulaResidual`."""
    quantity = rows.quantity
    size = np.abs(rows.reference)
    forces = np.flatnonzero(quantity == FORCES)
    vectors = rows.reference[forces].reshape(-1, 3)
    size[forces] = np.repeat(np.sqrt((vectors**2).sum(axis=1)), 3)
    stress = np.flatnonzero(quantity == STRESS)
    # the components yz, xz, xy stand in the tensor twice
    tensors = rows.reference[stress].reshape(-1, 6) ** 2 * [1, 1, 1, 2, 2, 2]
    size[stress] = np.repeat(np.sqrt(tensors.sum(axis=1)), 6)
    return size


def _constant_problems(constants: Mapping[str, float]) -> list[str]:
    problems = []
    for name, value in constants.items():
        where = f"residual.data.constants.{name}"
        if name in VARIABLES or name in allowed.FUNCTIONS or name in allowed.CONSTANTS:
            problems.append(f"{where}: {name} has a meaning in formulas already; give it another name.")
        elif not _is_number(value):
            problems.append(f"{where}: a finite number is expected, not {value!r}.")
    return problems


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))
