"""Weights as formulas: of positions, species and forces of atoms, of energy and volume of configurations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import DataError, JobError, KernelError
from hpcfit.formula.array_function import ArrayFunction
from hpcfit.formula.check import check_expression
from hpcfit.weights.configuration_weight import ConfigurationWeight

if TYPE_CHECKING:
    from hpcfit.data import Configuration

FloatArray = NDArray[np.float64]

#: what the formula of any weight may use: the configuration's own values, and what they are made of
OF_CONFIGURATION: Mapping[str, str] = {
    "natoms": "",
    "volume": "cell volume",
    "energy": "energy",
    "energy_per_atom": "energy",
    "f_max": "forces",
    "f_rms": "forces",
    "pressure": "stress",
}
#: what that of the forces may use besides, with a value for each atom
OF_ATOM = ("x", "y", "z", "Z", "f", "fx", "fy", "fz")
_QUANTITIES = ("config", "energy", "forces", "stress")


def _formula(text: str) -> str | float:
    made: str | float = field(
        default=1.0, metadata={"help": f"{text}, as a formula or a number", "minimum": 0.0}
    )
    return made


@dataclass(frozen=True)
class ExpressionWeights:
    """Each weight a formula of the configuration's values; that of the forces has a value for each atom.

    Of the configuration: natoms, volume (angstrom^3), energy (eV), energy_per_atom, f_max and f_rms
    (longest and root-mean-square force of an atom, eV/angstrom), pressure (minus the mean of the normal
    stresses, eV/angstrom^3). Of an atom, in `forces` only: x, y, z (angstrom), Z (atomic number), fx, fy,
    fz and f (its reference force and the length of it, eV/angstrom).
    """

    config: str | float = _formula("factor of every residual")
    energy: str | float = _formula("factor of energy residuals")
    forces: str | float = _formula("factor of an atom's force residuals")
    stress: str | float = _formula("factor of stress residuals")

    def __post_init__(self) -> None:
        problems = []
        for name in _QUANTITIES:
            try:
                _checked(name, str(getattr(self, name)))
            except KernelError as error:
                problems.append(str(error))
        if problems:
            raise JobError(problems)

    def weights(self, configuration: Configuration) -> ConfigurationWeight:
        # A quantity without a reference has no residual, and its formula may need the reference.
        has = {name: getattr(configuration, name, None) is not None for name in _QUANTITIES[1:]}
        made = {
            name: self._value(name, configuration) if has.get(name, True) else np.ones(())
            for name in _QUANTITIES
        }
        return ConfigurationWeight(
            float(made["config"]), float(made["energy"]), made["forces"], float(made["stress"])
        )

    def _value(self, name: str, configuration: Configuration) -> FloatArray:
        formula = _checked(name, str(getattr(self, name)))
        values = {each: _variable(each, name, configuration) for each in sorted(formula.uses)}
        result = formula.value(values)
        wrong = ~(np.isfinite(result) & (result >= 0.0))
        if wrong.any():
            atom = int(np.argmax(wrong)) if result.ndim else None
            raise DataError(
                f"configuration {configuration.identifier!r}: weights.{name} is "
                f"{result.flat[atom or 0]:.6g}{_at(atom, values)}; a weight must be finite and not negative."
            )
        return result


@lru_cache(maxsize=64)
def _checked(name: str, text: str) -> ArrayFunction:
    """The formula of a weight as a function of the values of a configuration."""
    names = (*OF_CONFIGURATION, *(OF_ATOM if name == "forces" else ()))
    advice = {
        each: f" It is a value of an atom, which only weights.forces may use. Known: {', '.join(names)}"
        for each in OF_ATOM
    }
    where = f"weights.{name}"
    check_expression(text, names, where, advice)
    return ArrayFunction(text, names[0], names[1:], {}, where)


def _variable(variable: str, name: str, configuration: Configuration) -> FloatArray:
    """Value of a name for each atom, shape (natoms,), or for the configuration, shape ()."""
    if variable in OF_ATOM:
        return _of_atom(variable, configuration)
    value = _of_configuration(variable, configuration)
    if value is None:
        raise DataError(
            f"configuration {configuration.identifier!r}: weights.{name} uses {variable}, but it has no "
            f"{OF_CONFIGURATION[variable]}; use another formula, or leave it out by its tag in [data]."
        )
    return np.asarray(value)


def _of_atom(variable: str, configuration: Configuration) -> FloatArray:
    if variable == "Z":
        return configuration.numbers.astype(np.float64)
    if variable in "xyz":
        return configuration.positions[:, "xyz".index(variable)]
    assert configuration.forces is not None
    if variable == "f":
        return np.asarray(np.linalg.norm(configuration.forces, axis=1))
    return configuration.forces[:, ("fx", "fy", "fz").index(variable)]


def _of_configuration(variable: str, configuration: Configuration) -> float | None:
    energy, forces, stress = configuration.energy, configuration.forces, configuration.stress
    if variable == "natoms":
        return float(configuration.natoms)
    if variable == "volume":
        return None if np.isnan(configuration.volume) else configuration.volume
    if variable.startswith("energy"):
        share = configuration.natoms if variable == "energy_per_atom" else 1
        return None if energy is None else energy / share
    if variable == "pressure":
        return None if stress is None else -float(np.mean(stress[:3]))
    if forces is None:
        return None
    squares = np.square(forces).sum(axis=1)
    return float(np.sqrt(squares.max() if variable == "f_max" else squares.mean()))


def _at(atom: int | None, values: Mapping[str, FloatArray]) -> str:
    """ " for atom 3, where Z = 14 and f = 0", counted from 0 as in the data."""
    shown = [f"{name} = {value[atom] if value.ndim else value:.6g}" for name, value in values.items()]
    place = "" if atom is None else f" for atom {atom}"
    return place + (f", where {' and '.join(shown)}" if shown else "")
