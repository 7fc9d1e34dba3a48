"""What the kernels of one potential share: its fields, their tangents, and the variables that hold them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from hpcfit.formula.node import Node, Uses
from hpcfit.kernels.cuda import frame
from hpcfit.kernels.cuda.sums import Sums, sums_of
from hpcfit.kernels.cuda.tables import CudaTables
from hpcfit.kernels.cuda.text import CudaText
from hpcfit.kernels.symbols import COMPONENTS
from hpcfit.kernels.terms import DensityTerm, PotentialTerms


@dataclass(frozen=True)
class Launch:
    """One kernel of a model.

    Attributes:
        of: what its threads are: "atoms", "bonds", or "lanes" of atoms.
        by_slot: whether each has one column.
        fills_fields: whether it makes what later kernels need of the value.
    """

    name: str
    of: str
    by_slot: bool = True
    fills_fields: bool = False


class PotentialFields:
    """The fields of one potential, and the kernels that were written for it.

    Attributes:
        n_components: of its densities.
        densities, of_slopes, zeta: fields with the symbols of their tangents: components of densities,
            dE/d(those), and zeta of bonds.
        axes: symbols of the components of a bond vector.
        launches: what was written, in the order in which it must run.
    """

    def __init__(
        self,
        tables: CudaTables,
        number: int,
        terms: PotentialTerms,
        active: Collection[str],
        *,
        stress: bool,
    ) -> None:
        self.stress = stress
        self.tables = tables
        self.number = number
        self.terms = terms
        self.active = active
        self.symbols = symbols = terms.symbols
        self.graph = graph = symbols.graph
        self.n_species = tables.n_species
        self.components = symbols.all_components
        self.n_components = len(self.components)
        self.launches: list[Launch] = []
        self.axes = {axis: graph.symbol(f"d{axis}", Uses.DISTANCE_1) for axis in "xyz"}
        self.slopes = [graph.symbol(f"A{c}", Uses.DENSITY) for c in range(self.n_components)]
        self.densities = self.fields(self.components)
        self.of_slopes = self.fields(self.slopes)
        self.zeta = {} if terms.environment is None else self.fields([terms.environment.zeta])

    def fields(self, symbols: Sequence[Node]) -> dict[Node, Node]:
        """Fields, with new symbols for their tangents."""
        return {node: self.graph.symbol(f"{node.value}'", node.uses) for node in symbols}

    def sums(self, atoms: int, first: Node, nodes: Sequence[Node], *fields: Mapping[Node, Node]) -> Sums:
        """Contributions of atoms (1), bonds (2) or pairs of bonds (3), with their table."""
        together = {node: tangent for each in fields for node, tangent in each.items()}
        return sums_of(self.tables, self.number, self.symbols, atoms, first, nodes, together, self.active)

    def given(self, *fields: tuple[Mapping[Node, Node], str]) -> dict[Node, str]:
        """Variables of the bond, of its vector and of fields."""
        given = frame.bond_names(self.symbols)
        given |= {node: f"d{axis}" for axis, node in self.axes.items()}
        for which, stem in fields:
            for k, (node, tangent) in enumerate(which.items()):
                given |= {node: f"{stem}{k}", tangent: f"{stem}{k}_k"}
        return given

    @property
    def all_given(self) -> dict[Node, str]:
        """The same of all fields."""
        return self.given((self.densities, "rho"), (self.zeta, "zeta"), (self.of_slopes, "slope"))

    def load(self, text: CudaText, *, slopes: bool = False) -> None:
        """The fields of the atom."""
        if self.densities:
            names = [f"rho{c}" for c in range(self.n_components)]
            text.add(*frame.field_lines("density", names, "n_atoms", "atom"))
        if slopes and self.densities:
            names = [f"slope{c}" for c in range(self.n_components)]
            text.add(*frame.field_lines("embedding", names, "n_atoms", "atom"))

    def kernel(self, name: str, of: str, *, by_slot: bool = True, fills_fields: bool = False) -> str:
        """The name of a kernel that is written now."""
        found = f"{name}_{self.number}"
        self.launches.append(Launch(found, of, by_slot, fills_fields))
        return found

    def density_groups(self) -> dict[Node, list[tuple[int, DensityTerm]]]:
        """Densities by their cutoffs, with the number of their first component."""
        found: dict[Node, list[tuple[int, DensityTerm]]] = {}
        first = 0
        for density in self.terms.densities:
            found.setdefault(density.cutoff, []).append((first, density))
            first += len(density.components)
        return found

    def moments(self, density: DensityTerm) -> list[Node]:
        """f(r) times components of the bond vector, for each component of a density."""
        graph = self.graph
        products = next(each for each in COMPONENTS.values() if len(each) == len(density.components))
        found = []
        for axes in products:
            node = density.value
            for axis in axes:
                node = graph.mul(node, self.axes[axis])
            found.append(node)
        return found

    def start_bond(self, text: CudaText) -> None:
        """The bond of the thread."""
        frame.one_of(text, "b", "n_bonds")
        text.add("const int atom = centre[b];")
        text.add(f"const int kind = {'kinds[b]' if self.n_species > 1 else '0'};")
        frame.bond_variables(text)
