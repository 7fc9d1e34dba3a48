"""A calculator of ASE as a potential: its keyword arguments are the parameters, as when fitting by hand."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import KernelError
from hpcfit.formula.potential import ParameterSpec
from hpcfit.kernels.hand_written.form import DIFFERENCE_STEP, Derivatives, HandWritten, check_names
from hpcfit.suggest import suggestion

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class AsePotential(HandWritten):
    """A potential whose energies, forces and stress an ASE calculator computes.

    For every evaluation of a configuration a calculator is made anew, so that what one evaluation leaves in
    it cannot change the next; derivatives by the parameters are central differences.

    Attributes:
        parameters: keyword arguments that are numbers, all shared.
        calculator: the class, or a function that makes a calculator; called with parameters and options as
            keyword arguments.
        options: further keyword arguments.

    Raises:
        KernelError: parameters, options or a calculator that cannot be used.
    """

    name: str
    parameters: tuple[ParameterSpec, ...]
    calculator: Callable[..., Any]
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    summary: str = "a calculator of ASE"
    source: str = ""
    materials: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)
    difference_step: float = DIFFERENCE_STEP

    def __post_init__(self) -> None:
        check_names(self)
        if not callable(self.calculator):
            raise KernelError(
                f"{self.name}: {type(self.calculator).__name__} is neither a class nor a function. Give the "
                "class of the calculator; hpcfit makes one for each evaluation"
            )
        for spec in self.parameters:
            if spec.kind != "shared":
                raise KernelError(
                    f"{self.name}: {spec.name} is a {spec.kind} parameter, but keyword arguments are shared "
                    'by all species. Map them by a function: ase = "file.py:function"'
                )
            if spec.name in self.options:
                raise KernelError(f"{self.name}: {spec.name} is both a parameter and an option. Remove one")
        for name in (*(spec.name for spec in self.parameters), *self.options):
            problem = argument_problem(self.calculator, name)
            if problem:
                raise KernelError(f"{self.name}: {problem}")

    @property
    def derivatives(self) -> Derivatives:
        return "central differences"

    @property
    def code(self) -> Any:
        return self.calculator

    @property
    def origin(self) -> str:
        return f"{self.calculator.__module__}:{getattr(self.calculator, '__qualname__', self.name)}"

    def made(self, values: FloatArray) -> Any:
        """A new calculator with values (V,) for its parameters."""
        numbers = {spec.name: float(value) for spec, value in zip(self.parameters, values, strict=True)}
        return self.calculator(**self.options, **numbers)


def argument_problem(calculator: Callable[..., Any], name: str) -> str | None:
    """What is wrong with a keyword argument, as far as the calculator tells what it takes.

    Many classes take anything and pass over what they do not know; but they list what they know, and a name
    that is nearly one of these is a slip.
    """
    try:
        parameters = inspect.signature(calculator).parameters
    except (TypeError, ValueError):
        return None
    if name in parameters:
        return None
    known = [
        key for key, each in parameters.items() if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
    ]
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        listed = getattr(calculator, "default_parameters", None)
        known += list(listed) if isinstance(listed, Mapping) else []
        hint = suggestion(name, known)
        return f"unknown argument {name}.{hint}" if name not in known and "Did you" in hint else None
    return f"unknown argument {name}.{suggestion(name, known)}"
