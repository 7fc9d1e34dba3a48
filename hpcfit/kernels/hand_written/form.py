"""Potentials that are somebody's code instead of formulas: what both kinds of them have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Literal, final

import numpy as np

from hpcfit.errors import KernelError
from hpcfit.formula.potential import Key, ParameterSpec, find_default, find_parameter
from hpcfit.suggest import counted

#: step of central differences over the size of a parameter: where the error of the formula, h^2, and
#: that of rounding, epsilon/h, are equal
DIFFERENCE_STEP = float(np.cbrt(np.finfo(np.float64).eps))

#: how derivatives by parameters come about
Derivatives = Literal["its own Jacobian", "its own gradients of weighted sums", "central differences"]


class HandWritten(ABC):
    """A potential whose energies are computed by code of its own; see `PotentialForm`.

    Attributes:
        difference_step: step of central differences by a parameter, over the parameter's size.
    """

    name: str
    parameters: tuple[ParameterSpec, ...]
    summary: str
    source: str
    materials: Mapping[str, Mapping[str, float]]
    difference_step: float

    @property
    @abstractmethod
    def derivatives(self) -> Derivatives:
        """Where derivatives by the parameters come from."""

    @property
    @abstractmethod
    def code(self) -> Any:
        """The function or class that computes energies."""

    @property
    @abstractmethod
    def origin(self) -> str:
        """Where the code is, for people: "file.py:12" or "module:Class"."""

    @final
    @property
    def origin_name(self) -> str:
        """The name of the code without its folder, the same on every machine."""
        return str(getattr(self.code, "__qualname__", type(self.code).__qualname__))

    @final
    def parameter(self, name: str) -> ParameterSpec:
        """The specification of the parameter `name`; KernelError with a suggestion if there is none."""
        return find_parameter(self, name)

    @final
    def default(self, name: str, key: Key, species: tuple[str, ...]) -> float | None:
        """Published value of one instance, the parameter's default, or None: it must be given."""
        return find_default(self, name, key, species)

    @final
    def derivative_note(self, n_free: int) -> str | None:
        """What a run must say of derivatives by `n_free` columns of parameters; None if there is nothing."""
        if not n_free or self.derivatives != "central differences":
            return None
        return (
            f"derivatives of {self.name} by {counted(n_free, 'parameter')} are central differences (relative "
            f"step {self.difference_step:.2g}): each Jacobian costs {2 * n_free} evaluations of it more."
        )


def check_names(form: HandWritten) -> None:
    """Refuse names of parameters that a job file could not hold, or that come twice.

    Raises:
        KernelError: naming the parameter.
    """
    seen: set[str] = set()
    for spec in form.parameters:
        if not spec.name.isidentifier():
            raise KernelError(
                f"{form.name}: {spec.name!r} cannot be a name. Write a letter, then letters, digits or _"
            )
        if spec.name in seen:
            raise KernelError(f"{form.name}: {spec.name} is defined twice. Rename one of them")
        seen.add(spec.name)
    if not 0.0 < form.difference_step < 0.1:
        raise KernelError(
            f"{form.name}: difference_step must be above 0 and below 0.1, not {form.difference_step:g}"
        )
