"""What the kernels of a bond environment compute: zeta, the pair energies U(r, zeta), and the forces of both.

    zeta_x = sum_{y != x} G(x, y)          E = 1/2 sum_x U(r_x, zeta_x)

With B_x = 1/2 dU/dzeta_x, the gradient of E by the bond vector D_x is

    1/2 dU/dr_x u_x + B_x Z_x + sum_{y != x} B_y V_xy        Z_x = dzeta_x/dD_x,  V_xy = dG(y, x)/dD_x

Z_x is a sum over y, and V_xy is computed once for each pair of bonds. The derivative by a parameter theta
has dB/dtheta in the place of B, whatever theta is in: that costs a few multiplications for each pair of
bonds. Only parameters of G have more, the gradient of the triplet energy B_x dG(x, y)/dtheta +
B_y dG(y, x)/dtheta at fixed B (`forces`).

Where U contains densities, it has them as functions S_k of the atom, whose derivatives by parameters are
not known yet. The atom needs sums of dU/dS_k and so on, and the gradients by S_k: one column more for each,
with dB/dS_k in the place of B.

G(x, y) may depend on the species of y. With several species, such a parameter has as many derivatives
dzeta_x/dtheta, and of all that follows, as there are species of y (`FarNames`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hpcfit.formula.graph import Graph
from hpcfit.formula.node import Node
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.plan import TripletPlan
from hpcfit.kernels.symbols import Symbols


@dataclass(frozen=True)
class BondColumn:
    """What a bond x has for one column: the value, or the derivative by a parameter of bond x.

    Attributes:
        energy: of U/2.
        slope: of 1/2 dU/dr, or where `symmetric` of dU/dr.
        weight: of B.
        symmetric: the neighbour has the same energy for this bond, and zeta has no part in it.
        zeta: symbol of zeta, or of dzeta/dtheta; None where that is 0.
        sums: its column in the sums of zeta.
    """

    name: WrittenName | None
    energy: Node
    slope: Node
    weight: Node
    symmetric: bool
    zeta: Node | None
    sums: int | None

    @property
    def slots(self) -> tuple[int, ...]:
        """Which atoms the parameter belongs to."""
        return () if self.name is None else self.name.slots


@dataclass(frozen=True)
class AtomSum:
    """What each bond adds to derivatives of E by functions S_k of the atom (density/atom_functions.py).

    Attributes:
        name: of a parameter, by which it is differentiated too.
        by: k of one or two functions.
    """

    name: WrittenName | None
    by: tuple[int, ...]
    energy: Node


@dataclass(frozen=True)
class Probe:
    """What a bond x has for the gradients by S_k: derivatives of 1/2 dU/dr and of B."""

    k: int
    slope: Node
    weight: Node


@dataclass(frozen=True)
class FarNames:
    """Parameters of G that depend on the species of bond 2.

    Attributes:
        sums: each name with its column in the sums of zeta; those that depend on bond 1 too come first.
        weight: B; `curvature`: 1/2 d2U/dzeta2; `steepening`: 1/2 d2U/dr dzeta.
        by: k and dB/dS_k, of the functions of the atom in U.
    """

    sums: tuple[tuple[WrittenName, int], ...]
    weight: Node
    curvature: Node
    steepening: Node
    by: tuple[tuple[int, Node], ...]


@dataclass(frozen=True)
class EnvironmentPlan:
    """Everything the printers need to know about a bond environment in one mode.

    Attributes:
        columns: of bonds: the value, then those with a `weight` (of the centre's own parameters first), then
            the others.
        sums: the loop over y for zeta and its derivatives, as the energies of its columns.
        forces: the loop over y for Z (the first column) and what parameters of G have besides.
        reverse: dG(y, x)/dr_x and dG(y, x)/dcostheta, which make V.
        early: what is computed of single bonds before zeta.
        late: what `forces` needs of single bonds that is made of B, and of what that is made. The first is B.
        partners: what the loops need of bond 2, by what it is of bond 1.
        functions: symbols of the functions S_k of the atom.
        atom_sums: derivatives by these, for each atom.
        probes: gradients by them, if they depend on active parameters.
        bond_table: parameter expressions per pair of species; the first is the cutoff.
    """

    symbols: Symbols
    columns: tuple[BondColumn, ...]
    sums: TripletPlan
    forces: TripletPlan
    reverse: tuple[Node, Node]
    far: FarNames | None
    early: tuple[Node, ...]
    late: Mapping[Node, Node]
    partners: Mapping[Node, Node]
    functions: tuple[Node, ...]
    atom_sums: tuple[AtomSum, ...]
    probes: tuple[Probe, ...]
    bond_table: tuple[Node, ...]
    triplet_table: tuple[Node, ...]

    @property
    def graph(self) -> Graph:
        return self.symbols.graph

    @property
    def moves_atoms(self) -> bool:
        """Whether sums over bonds of an atom have derivatives by parameters."""
        named = any(each.name is not None for each in self.atom_sums)
        return named or (self.far is not None and bool(self.far.by))

    @property
    def n_responses(self) -> int:
        """How many columns have a weight; they come first."""
        return sum(column.weight is not self.graph.zero for column in self.columns)
