"""The part of a bond's energy and gradient that comes from a density, at fixed A of both atoms.

What a bond adds to the component c of its centre's density is f(r) m_c(D). With the derivatives A_c of the
site energies by components, the force on an atom from its bond to j is the gradient by D of

    L = sum_c (A_c(i) f_ij(r) + s_c A_c(j) f_ji(r)) m_c(D)

where s_c = -1 for vectors, whose bond is reversed seen from j, else 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hpcfit.formula.differentiate import derivative
from hpcfit.formula.node import Node, Uses
from hpcfit.kernels.symbols import COMPONENTS, Symbols
from hpcfit.kernels.terms import DensityTerm

AXES = ("x", "y", "z")


@dataclass(frozen=True)
class DensityForce:
    """The part of L that comes from one density, in symbols that the bond stage gives values.

    `own` stands for sum_c A_c(i) m_c(D) and `own_gradient` for its derivatives by D at fixed A, none for a
    scalar; `other` for the same with s_c A_c(j). Where f_ij and f_ji are one expression, `own` stands for
    the sum of both, and `other` is zero.
    """

    symbols: Symbols
    density: DensityTerm
    reverse: Node
    own: Node
    other: Node
    own_gradient: tuple[Node, ...]
    other_gradient: tuple[Node, ...]

    @property
    def symmetric(self) -> bool:
        """Whether the densities of both atoms are one function."""
        return self.reverse is self.density.value

    @property
    def products(self) -> tuple[str, ...]:
        """m_c of each component, such as "" or "x" or "xy"."""
        found = {1: "scalar", 3: "vector", 6: "tensor"}[len(self.density.components)]
        return COMPONENTS[found]

    @property
    def sign(self) -> int:
        """s_c."""
        return -1 if len(self.density.components) == 3 else 1

    @property
    def functions(self) -> tuple[tuple[Node, Node], ...]:
        """f and df/dr of f_ij, and of f_ji if that is another function."""
        graph, r = self.symbols.graph, self.symbols.r1
        functions = (self.density.value,) if self.symmetric else (self.density.value, self.reverse)
        return tuple((f, derivative(graph, f, r)) for f in functions)

    @property
    def bond_nodes(self) -> tuple[Node, ...]:
        """What the gradients of f m_c are made of."""
        return tuple(
            node for f, slope in self.functions for node in ((f, slope) if self.own_gradient else (slope,))
        )

    @property
    def slope(self) -> Node:
        """dL/dr at fixed direction of what is not m_c."""
        graph, r = self.symbols.graph, self.symbols.r1
        own = graph.mul(self.own, derivative(graph, self.density.value, r))
        return graph.add(own, graph.mul(self.other, derivative(graph, self.reverse, r)))

    @property
    def direct(self) -> tuple[Node, ...]:
        """What is added to the gradient because m_c depends on D, by component; none for a scalar."""
        graph = self.symbols.graph
        return tuple(
            graph.add(graph.mul(own, self.density.value), graph.mul(other, self.reverse))
            for own, other in zip(self.own_gradient, self.other_gradient, strict=True)
        )


def density_forces(symbols: Symbols, densities: Iterable[DensityTerm]) -> tuple[DensityForce, ...]:
    """What each density of a set gives to the forces of its bonds."""
    return tuple(_density_force(symbols, density, k) for k, density in enumerate(densities))


def _density_force(symbols: Symbols, density: DensityTerm, k: int) -> DensityForce:
    graph = symbols.graph
    reverse = symbols.reverse(density.value)
    axes = AXES if len(density.components) > 1 else ()

    def named(prefix: str) -> tuple[Node, tuple[Node, ...]]:
        parts = (graph.symbol(f"{prefix}{k}{axis}", Uses.DISTANCE_1) for axis in ("", *axes))
        contraction, *gradient = parts
        return contraction, tuple(gradient)

    own, own_gradient = named("own")
    if reverse is density.value:
        nothing = tuple(graph.zero for _ in axes)
        return DensityForce(symbols, density, reverse, own, graph.zero, own_gradient, nothing)
    other, other_gradient = named("other")
    return DensityForce(symbols, density, reverse, own, other, own_gradient, other_gradient)
