"""The 27 NIST StRD problems: data, starts, certified answers, and models read from the files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sympy
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
FOLDER = Path(__file__).parent / "data"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.dat")))
#: the first line of a file's data and of its table of starts, counted from zero
_FIRST_DATUM, _FIRST_START, _FIRST_MODEL = 60, 40, 30


@dataclass(frozen=True, eq=False)
class NistProblem:
    """One problem; `residual` (m,) and `jacobian` (m, p) are functions of theta (p,)."""

    name: str
    starts: tuple[FloatArray, FloatArray]
    certified: FloatArray
    standard_errors: FloatArray
    sum_of_squares: float
    residual: Callable[[FloatArray], FloatArray]
    jacobian: Callable[[FloatArray], FloatArray]

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(f"b{k + 1}" for k in range(len(self.certified)))

    def digits(self, theta: FloatArray) -> float:
        """Correct significant digits of the worst parameter; at most 11, as many as are certified."""
        error = np.max(np.abs(theta / self.certified - 1.0))
        return float(min(11.0, -np.log10(error))) if 0.0 < error < np.inf else 11.0 if error == 0.0 else 0.0


def load(name: str) -> NistProblem:
    """Read a problem of the given name, such as "Misra1a"."""
    lines = (FOLDER / f"{name}.dat").read_text().splitlines()
    rows = []
    for line in lines[_FIRST_START:]:
        if "=" not in line:
            break
        rows.append([float(word) for word in line.split("=")[1].split()])
    start1, start2, certified, errors = np.array(rows).T
    squares = next(float(line.split(":")[1]) for line in lines if line.startswith("Residual Sum of Squares"))
    data = np.array([[float(word) for word in line.split()] for line in lines[_FIRST_DATUM:] if line.strip()])
    residual, jacobian = _functions(lines, len(certified), data[:, 0], data[:, 1:].T)
    return NistProblem(name, (start1, start2), certified, errors, squares, residual, jacobian)


def formula_and_columns(name: str) -> tuple[str, dict[str, list[float]]]:
    """The model as a formula of hpcfit, and the columns of its table, the fitted one first."""
    lines = (FOLDER / f"{name}.dat").read_text().splitlines()
    data = np.array([[float(word) for word in line.split()] for line in lines[_FIRST_DATUM:] if line.strip()])
    response, formula = _model(lines)
    predictors = ["x"] if data.shape[1] == 2 else ["x1", "x2"]
    columns = dict(zip(["y", *predictors], data.T, strict=True))
    if response == "log[y]":
        columns["y"] = np.log(columns["y"])
    return " ".join(formula.split()), {key: values.tolist() for key, values in columns.items()}


def _functions(
    lines: list[str], p: int, observed: FloatArray, predictors: FloatArray
) -> tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]:
    response, formula = _model(lines)
    if response == "log[y]":
        observed = np.log(observed)
    parameters = sympy.symbols([f"b{k + 1}" for k in range(p)])
    variables = sympy.symbols("x1 x2") if len(predictors) == 2 else (sympy.Symbol("x"),)
    expression = sympy.sympify(formula)
    arguments = [*parameters, *variables]
    value = sympy.lambdify(arguments, expression, "numpy", cse=True)
    slopes = [sympy.diff(expression, parameter) for parameter in parameters]
    gradient = sympy.lambdify(arguments, slopes, "numpy", cse=True)

    def residual(theta: FloatArray) -> FloatArray:
        with np.errstate(all="ignore"):
            return np.broadcast_to(value(*theta, *predictors) - observed, observed.shape)

    def jacobian(theta: FloatArray) -> FloatArray:
        with np.errstate(all="ignore"):
            columns = gradient(*theta, *predictors)
        return np.stack([np.broadcast_to(column, observed.shape) for column in columns], axis=1)

    return residual, jacobian


def _model(lines: list[str]) -> tuple[str, str]:
    """Left and right side of the model's equation, the latter in Python's syntax."""
    first = next(k for k in range(_FIRST_MODEL, len(lines)) if re.match(r"\s+(y|log\[y\])\s*=", lines[k]))
    last = next(k for k in range(first, len(lines)) if not lines[k].strip())
    left, right = " ".join(lines[first:last]).split("=", 1)
    right = re.sub(r"\+\s+e\s*$", "", right)
    return left.strip(), right.replace("[", "(").replace("]", ")").replace("arctan", "atan")
