"""Site functions: the energy of one atom's surroundings as a function that a plugin brings.

The function sees the bonds of one atom and returns its energy, with the derivatives of that energy by
the bond vectors in an array that it is given. It names the arguments that it wants, in any order:

    vectors         (n, 3) bond vectors, neighbour minus centre, angstrom
    distances       (n,) their lengths
    species         (n,) species of the neighbours, numbers in the order of the potential's species
    centre          species of the atom itself, a number
    parameters      (V,) all numbers: parameters in their order, for each its keys in the species' order
    place           where in `parameters` a number stands: place[k] of the k-th parameter if all are
                    shared; place[k, a] if some are by species, place[k, a, b] if some are by pair and
                    place[k, a, b, c] if some are by triplet, species numbers with the centre first
    gradients       (n, 3) receives dE/dD of each bond; it holds zeros

The Jacobian wants two more, and returns nothing: d_energy (V,) and d_gradients (V, n, 3), zeros that
receive the derivatives of energy and gradients by each number; `wanted` (V,) tells which are used. The
gradient of a weighted sum is given energy_weight (a number) and gradient_weights (n, 3), and adds to
d_sum (V,) the derivatives by the numbers of

    energy_weight E + sum_x gradient_weights[x] . gradients[x]
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import KernelError
from hpcfit.formula.check import check_expression
from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term
from hpcfit.kernels.hand_written.form import DIFFERENCE_STEP, Derivatives, HandWritten, check_names

#: what every site function may name among its arguments
INPUTS = ("vectors", "distances", "species", "centre", "parameters", "place")
#: what each kind of function is given besides, the names it must have first
ENERGY_ARGUMENTS = ("gradients",)
JACOBIAN_ARGUMENTS = ("d_energy", "d_gradients", "wanted")
WEIGHTED_ARGUMENTS = ("d_sum", "energy_weight", "gradient_weights")

Cutoff = str | float | Callable[[NDArray[np.float64]], float]


@dataclass(frozen=True)
class SiteFunction(HandWritten):
    """A potential given by functions of one atom's bonds, which numba compiles; see above.

    Attributes:
        cutoff: distance in angstrom beyond which bonds are left out: a number; a formula of parameters, as
            that of a pair term; or a plain function of `parameters` (V,), the same for all pairs.
        energy_and_gradient: a Python function, compiled by hpcfit; one that numba has compiled already is
            compiled anew, with hpcfit's options.
        jacobian: its derivatives by the parameters.
        weighted_gradient: for many parameters, the gradient of a weighted sum. With neither, derivatives are
            central differences.
        cuda: the same energy and gradient as CUDA C, for fits on GPUs: a text that defines
            `__device__ double site_energy(...)`; see docs/plugins.md. Without it the processor computes it.
        materials: published values by species.

    Raises:
        KernelError: names of parameters, arguments of functions, a cutoff or a source that cannot be used.
    """

    name: str
    parameters: tuple[ParameterSpec, ...]
    cutoff: Cutoff
    energy_and_gradient: Callable[..., Any]
    jacobian: Callable[..., Any] | None = None
    weighted_gradient: Callable[..., Any] | None = None
    summary: str = ""
    source: str = ""
    materials: Mapping[str, Mapping[str, float]] = field(default_factory=dict, hash=False)
    difference_step: float = DIFFERENCE_STEP
    cuda: str | None = None

    def __post_init__(self) -> None:
        check_names(self)
        if self.cuda is not None:
            check_cuda(self.name, self.cuda)
        for attribute, own, needed in (
            ("energy_and_gradient", ENERGY_ARGUMENTS, 1),
            ("jacobian", JACOBIAN_ARGUMENTS, 2),
            ("weighted_gradient", WEIGHTED_ARGUMENTS, 1),
        ):
            if attribute == "energy_and_gradient" or getattr(self, attribute) is not None:
                self._check_arguments(attribute, own, needed)
        if isinstance(self.cutoff, str):
            formula = cutoff_formula(self)
            names = formula.written_names("pair", True) | formula.written_names("pair", False)
            check_expression(self.cutoff, names, f"{self.name}.cutoff")

    @property
    def derivatives(self) -> Derivatives:
        if self.jacobian is not None:
            return "its own Jacobian"
        if self.weighted_gradient is not None:
            return "its own gradients of weighted sums"
        return "central differences"

    @property
    def code(self) -> Any:
        return plain_function(self.energy_and_gradient)

    @property
    def origin(self) -> str:
        return place_of(self.energy_and_gradient)

    def _check_arguments(self, attribute: str, own: tuple[str, ...], needed: int) -> None:
        function = plain_function(getattr(self, attribute))
        where = f"{self.name}.{attribute}"
        if function is None:
            raise KernelError(f"{where}: a Python function is expected. Write one with def")
        known, names = (*INPUTS, *own), argument_names(function)
        for name in names:
            if name not in known:
                raise KernelError(
                    f"{where} ({place_of(function)}): unknown argument {name}. It may have {', '.join(known)}"
                )
        for name in own[:needed]:
            if name not in names:
                raise KernelError(
                    f"{where} ({place_of(function)}): has no argument {name}, by which it returns what it "
                    "finds. Add it"
                )


def check_cuda(name: str, source: Any) -> None:
    """Refuse what cannot be the CUDA source of a site function; whether it compiles, only a compiler knows.

    Raises:
        KernelError: naming what is missing.
    """
    if not isinstance(source, str):
        raise KernelError(f"{name}.cuda: a text of CUDA C is expected, not {type(source).__name__}")
    if not re.search(r"__device__[\w\s]*\bdouble\s+site_energy\s*\(", source):
        raise KernelError(
            f"{name}.cuda: defines no `__device__ double site_energy(...)`, by which hpcfit calls it. Give "
            "the function this name"
        )
    if "#include" in source:
        raise KernelError(
            f"{name}.cuda: #include finds nothing, for kernels are compiled without headers. The functions "
            "of math.h are there without one; remove it"
        )


def cutoff_formula(site: SiteFunction) -> FormulaPotential:
    """A potential without energy that ends where the site function does, to evaluate the formula by."""
    return FormulaPotential(site.name, site.parameters, pair=Term("0", str(site.cutoff)))


def plain_function(function: Any) -> Any:
    """The Python function itself, also of one that numba has compiled; None for anything else."""
    found = getattr(function, "py_func", function)
    return found if inspect.isfunction(found) else None


def argument_names(function: Any) -> tuple[str, ...]:
    """The names of a function's arguments, in their order."""
    return tuple(inspect.signature(function).parameters)


def place_of(function: Any) -> str:
    """ "my_plugin.py:12"."""
    found = plain_function(function)
    return "?" if found is None else f"{found.__code__.co_filename}:{found.__code__.co_firstlineno}"
