"""The kernels of one potential, from densities to gradients of bonds (frame.py says what the arrays hold).

    densities   sums over the bonds of an atom
    zetas       sums over other bonds, for each bond; then weight = 1/2 dU/dzeta
    atoms       constant energies, the embedding F, and dE/d(density) of F and of terms that contain densities
    bonds       gradient of the site energy by each bond vector, with the energy of the bond
    pairs       what is radial needs no other bond: its forces at once (radial.py)

Each is there only if the potential has what it computes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from hpcfit.formula.differentiate import derivative
from hpcfit.formula.node import Node, Uses
from hpcfit.formula.print_cuda import assignment_lines, expression_text
from hpcfit.formula.stage import schedule
from hpcfit.kernels.cuda import frame, radial
from hpcfit.kernels.cuda.derivatives import outputs_of
from hpcfit.kernels.cuda.sums import Sums, sums_of, with_table, write_bond, write_matches, write_triplets
from hpcfit.kernels.cuda.tables import CudaTables
from hpcfit.kernels.cuda.text import CudaText
from hpcfit.kernels.environment.term import EnvironmentTerm
from hpcfit.kernels.symbols import COMPONENTS
from hpcfit.kernels.terms import BondSet, DensityTerm, PotentialTerms


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


@dataclass(frozen=True)
class _Bonds:
    """Contributions of single bonds and of pairs of bonds that end at one cutoff."""

    single: Sums
    pairs: Sums | None = None


class PotentialStages:
    """Writes the kernels of one potential.

    Attributes:
        n_components: of its densities.
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
        self.densities = self._fields(self.components)
        self.of_slopes = self._fields(self.slopes)
        self.zeta = {} if terms.environment is None else self._fields([terms.environment.zeta])

    def _fields(self, symbols: Sequence[Node]) -> dict[Node, Node]:
        return {node: self.graph.symbol(f"{node.value}'", node.uses) for node in symbols}

    def _sums(self, atoms: int, first: Node, nodes: Sequence[Node], *fields: Mapping[Node, Node]) -> Sums:
        together = {node: tangent for each in fields for node, tangent in each.items()}
        return sums_of(self.tables, self.number, self.symbols, atoms, first, nodes, together, self.active)

    def _given(self, *fields: tuple[Mapping[Node, Node], str]) -> dict[Node, str]:
        """Variables of the bond, of its vector and of fields."""
        given = frame.bond_names(self.symbols)
        given |= {node: f"d{axis}" for axis, node in self.axes.items()}
        for which, stem in fields:
            for k, (node, tangent) in enumerate(which.items()):
                given |= {node: f"{stem}{k}", tangent: f"{stem}{k}_k"}
        return given

    @property
    def _all_given(self) -> dict[Node, str]:
        return self._given((self.densities, "rho"), (self.zeta, "zeta"), (self.of_slopes, "slope"))

    def _load(self, text: CudaText, *, slopes: bool = False) -> None:
        """The fields of the atom."""
        if self.densities:
            names = [f"rho{c}" for c in range(self.n_components)]
            text.add(*frame.field_lines("density", names, "n_atoms", "atom"))
        if slopes and self.densities:
            names = [f"slope{c}" for c in range(self.n_components)]
            text.add(*frame.field_lines("embedding", names, "n_atoms", "atom"))

    def write(self, text: CudaText) -> None:
        """All kernels that the potential needs."""
        terms = self.terms
        if self.densities:
            self._write_densities(text)
        if terms.environment is not None:
            self._write_zetas(text, terms.environment)
        if terms.site is not None or terms.embedding is not None:
            self._write_atoms(text)
        self._write_pairs(text)
        if self._radial_densities:
            self._write_forces(text)
        else:
            self._write_bonds(text)

    def is_radial(self, bonds: BondSet) -> bool:
        """Whether the pair energy of a set is left to kernels without gradients of bonds (radial.py)."""
        return bonds.pair is not None and bonds.triplet is None and not bonds.before_embedding

    @property
    def _radial_densities(self) -> bool:
        """Whether forces come from densities and pairs alone."""
        others = self.terms.environment is not None
        others |= any(bonds.triplet is not None or bonds.before_embedding for bonds in self.terms.sets)
        return bool(self.densities) and not others

    def _write_forces(self, text: CudaText) -> None:
        """Forces of densities, from dE/d(density) of both atoms of a bond."""
        graph, n = self.graph, self.n_components
        others = [graph.symbol(f"B{c}", Uses.DENSITY) for c in range(n)]
        of_others = self._fields(others)
        parts = []
        for bonds in self.terms.sets:
            if not bonds.densities:
                continue
            moved = graph.zero
            for density in bonds.densities:
                first = self.components.index(density.components[0])
                sign = graph.number(-1.0 if len(density.components) == 3 else 1.0)
                reverse = replace(density, value=self.symbols.reverse(density.value))
                for k, (here, there) in enumerate(
                    zip(self._moments(density), self._moments(reverse), strict=True)
                ):
                    seen = graph.mul(sign, graph.mul(others[first + k], there))
                    moved = graph.sum([moved, graph.mul(self.slopes[first + k], here), seen])
            by = [derivative(graph, moved, each) for each in (self.symbols.r1, *self.axes.values())]
            parts.append(self._sums(2, bonds.cutoff, [graph.zero, *by], self.of_slopes, of_others))
        slopes, theirs = [f"slope{c}" for c in range(n)], [f"other{c}" for c in range(n)]
        radial.write_columns(
            text,
            self._kernel("forces", "lanes"),
            parts,
            self._given((self.of_slopes, "slope"), (of_others, "other")),
            self.stress,
            frame.field_lines("embedding", slopes, "n_atoms", "atom"),
            ["const int j = neighbor[b];", *frame.field_lines("embedding", theirs, "n_atoms", "j")],
        )

    def _write_pairs(self, text: CudaText) -> None:
        """Forces of pair energies alone."""
        graph, r = self.graph, self.symbols.r1
        for k, bonds in enumerate(self.terms.sets):
            if bonds.pair is None or not self.is_radial(bonds):
                continue
            nodes = [graph.mul(graph.number(0.5), bonds.pair), derivative(graph, bonds.pair, r)]
            outputs = outputs_of(self.symbols, nodes, {}, self.active)
            plain, splines = radial.plain_outputs(outputs), radial.spline_outputs(outputs)
            sums = with_table(self.tables, self.number, 2, bonds.cutoff, plain)
            for group, columns in enumerate(radial.groups_of(plain, self.stress)):
                name = self._kernel(f"pairs_{k}_{group}", "lanes", by_slot=False)
                radial.write_pairs(text, name, sums, columns, self._given(), self.stress)
            if splines.changes:
                sums = with_table(self.tables, self.number, 2, bonds.cutoff, splines)
                name = self._kernel(f"splines_{k}", "lanes")
                radial.write_columns(text, name, [sums], self._given(), self.stress, values=False)

    def _kernel(self, name: str, of: str, *, by_slot: bool = True, fills_fields: bool = False) -> str:
        found = f"{name}_{self.number}"
        self.launches.append(Launch(found, of, by_slot, fills_fields))
        return found

    def _density_groups(self) -> dict[Node, list[tuple[int, DensityTerm]]]:
        """Densities by their cutoffs, with the number of their first component."""
        found: dict[Node, list[tuple[int, DensityTerm]]] = {}
        first = 0
        for density in self.terms.densities:
            found.setdefault(density.cutoff, []).append((first, density))
            first += len(density.components)
        return found

    def _moments(self, density: DensityTerm) -> list[Node]:
        """f(r) times components of the bond vector, for each component of a density."""
        graph, products = self.graph, COMPONENTS["scalar"]
        products = next(each for each in COMPONENTS.values() if len(each) == len(density.components))
        found = []
        for axes in products:
            node = density.value
            for axis in axes:
                node = graph.mul(node, self.axes[axis])
            found.append(node)
        return found

    def _write_densities(self, text: CudaText) -> None:
        groups = []
        for cutoff, members in self._density_groups().items():
            nodes = [node for _, density in members for node in self._moments(density)]
            places = [first + k for first, density in members for k in range(len(density.components))]
            groups.append((self._sums(2, cutoff, nodes), [f"sum{place}" for place in places]))
        with frame.kernel(text, self._kernel("densities", "atoms", fills_fields=True), ("density",)):
            frame.one_of(text, "atom", "n_atoms")
            text.add(f"double {', '.join(f'sum{c} = 0.0' for c in range(self.n_components))};")
            with frame.each_kind(text, self.n_species):
                for sums, _ in groups:
                    write_matches(text, sums, "kind")
                with frame.own_bonds(text, self.n_species):
                    for sums, targets in groups:
                        self._within(text, sums, targets)
            for c in range(self.n_components):
                place = frame.field_place("slot", c, self.n_components, "n_atoms", "atom")
                text.add(f"density[{place}] = sum{c};")

    def _within(self, text: CudaText, sums: Sums, targets: Sequence[str]) -> None:
        """Contributions of bond b where it is shorter than its cutoff."""
        with text.block():
            sums.start(text, "kind")
            with text.block("if (r < t2[0])"):
                write_bond(text, sums, self._all_given, targets)

    def _write_zetas(self, text: CudaText, term: EnvironmentTerm) -> None:
        half = self.graph.mul(self.graph.number(0.5), term.pair)
        weights = self._sums(
            2, term.cutoff, [derivative(self.graph, half, term.zeta)], self.densities, self.zeta
        )
        sums = self._sums(3, self.graph.one, [term.environment])
        with frame.kernel(text, self._kernel("zetas", "bonds", fills_fields=True), ("zeta", "weight")):
            self._start_bond(text)
            text.add("double zeta0 = 0.0, zeta0_k = 0.0, weight0 = 0.0;")
            weights.start(text, "kind")
            with text.block("if (r < t2[0])"):
                self._load(text)
                write_triplets(text, sums, weights, self._given(), {}, [("zeta0",)], [("zeta0_k",)])
                write_matches(text, weights, "kind")
                write_bond(text, weights, self._all_given, ["weight0"])
            place = frame.field_place("slot", 0, 1, "n_bonds", "b")
            text.add(f"zeta[{place}] = slot ? zeta0_k : zeta0;", f"weight[{place}] = weight0;")

    def _start_bond(self, text: CudaText) -> None:
        frame.one_of(text, "b", "n_bonds")
        text.add("const int atom = centre[b];")
        text.add(f"const int kind = {'kinds[b]' if self.n_species > 1 else '0'};")
        frame.bond_variables(text)

    def _write_atoms(self, text: CudaText) -> None:
        terms, graph = self.terms, self.graph
        by_density = tuple(self.components)
        site = None if terms.site is None else self._sums(1, graph.one, [terms.site])
        embedding = None
        if terms.embedding is not None:
            nodes = [terms.embedding, *(derivative(graph, terms.embedding, c) for c in by_density)]
            embedding = self._sums(1, graph.one, nodes, self.densities)
        parts = [self._by_densities(*each) for each in self._terms_with_densities()]
        with frame.kernel(text, self._kernel("atoms", "atoms", fills_fields=True), ("embedding", "sums")):
            frame.one_of(text, "atom", "n_atoms")
            text.add(f"const int kind = {'species[atom]' if self.n_species > 1 else '0'};")
            text.add("double energy = 0.0;")
            self._load(text)
            text.add(*(f"double sum{c} = 0.0;" for c in range(self.n_components)))
            if site is not None:
                with text.block():
                    site.start(text, "kind")
                    with text.block("if (t1[0] != 0.0)"):
                        write_matches(text, site, "kind")
                        write_bond(text, site, {}, ["energy"])
            if embedding is not None:
                self._write_embedding(text, embedding)
            if parts:
                with text.block(), frame.each_kind(text, self.n_species):
                    for part in parts:
                        write_matches(text, part.single, "kind")
                    with frame.own_bonds(text, self.n_species):
                        for part in parts:
                            self._write_sums_by_densities(text, part)
            for c in range(self.n_components):
                place = frame.field_place("slot", c, self.n_components, "n_atoms", "atom")
                text.add(f"embedding[{place}] = sum{c};")
            text.add("sums[(index_t)slot * 7 * n_atoms + atom] += energy;")

    def _write_embedding(self, text: CudaText, embedding: Sums) -> None:
        """F at the densities as they are, or where that is NaN near them, as in embedding_stage.py."""
        graph, energy = self.graph, self.terms.embedding
        assert energy is not None
        targets = ["near", *(f"sum{c}" for c in range(self.n_components))]
        with text.block():
            embedding.start(text, "kind")
            with text.block("if (t1[0] != 0.0)"):
                text.add("double near = 0.0;")
                write_matches(text, embedding, "kind")
                write_bond(text, embedding, self._all_given, targets)
                text.add("double exact = near;")
                if energy is not graph.zero:
                    with text.block("if (!slot)"):
                        given = {**embedding.constants, **self._all_given, self.symbols.tiny: "0.0"}
                        assignments, names = schedule(graph, [energy], given, "y")
                        text.extend(assignment_lines(graph, assignments, names))
                        text.add(f"exact = {expression_text(graph, energy, names)};")
                text.add("energy += exact == exact ? exact : near;")

    def _terms_with_densities(self) -> list[tuple[Node, Node, Node]]:
        """(cutoff, pair energy, triplet energy) of terms that contain densities."""
        zero = self.graph.zero
        found = [
            (bonds.cutoff, bonds.pair or zero, bonds.triplet or zero)
            for bonds in self.terms.sets
            if bonds.before_embedding
        ]
        environment = self.terms.environment
        if environment is not None and environment.pair.uses & Uses.DENSITY:
            found.append((environment.cutoff, environment.pair, zero))
        return found

    def _by_densities(self, cutoff: Node, pair: Node, triplet: Node) -> _Bonds:
        graph = self.graph
        half = graph.mul(graph.number(0.5), pair)
        single = [derivative(graph, half, c) for c in self.components]
        pairs = [derivative(graph, triplet, c) for c in self.components]
        sums = None
        if any(node is not graph.zero for node in pairs):
            sums = self._sums(3, graph.one, pairs, self.densities)
        return _Bonds(self._sums(2, cutoff, single, self.densities, self.zeta), sums)

    def _write_sums_by_densities(self, text: CudaText, part: _Bonds) -> None:
        targets = [f"sum{c}" for c in range(self.n_components)]
        with text.block():
            part.single.start(text, "kind")
            with text.block("if (r < t2[0])"):
                if self.zeta and any(
                    node.uses & Uses.ENVIRONMENT_1 for node in part.single.outputs.everything
                ):
                    text.add(*frame.field_lines("zeta", ["zeta0"], "n_bonds", "b"))
                write_bond(text, part.single, self._all_given, targets)
                if part.pairs is not None:
                    write_triplets(
                        text,
                        part.pairs,
                        part.single,
                        self._all_given,
                        {},
                        [(target,) for target in targets],
                        once=True,
                    )

    def _write_bonds(self, text: CudaText) -> None:
        """The gradients of all terms by the vector of a bond."""
        graph, zero = self.graph, self.graph.zero
        single: dict[Node, list[Node]] = {}
        loops: list[tuple[Node, Sums, Mapping[Node, str]]] = []

        def add(cutoff: Node, *nodes: Node) -> None:
            found = single.setdefault(cutoff, [zero] * 5)
            found[:] = [graph.add(a, b) for a, b in zip(found, nodes, strict=True)]

        def add_pair(cutoff: Node, energy: Node) -> None:
            half = graph.mul(graph.number(0.5), energy)
            add(cutoff, half, derivative(graph, half, self.symbols.r1), zero, zero, zero)

        for bonds in self.terms.sets:
            if bonds.pair is not None and not self.is_radial(bonds):
                add_pair(bonds.cutoff, bonds.pair)
            if bonds.triplet is not None:
                single.setdefault(bonds.cutoff, [zero] * 5)
                loops.append((bonds.cutoff, self._triplet_sums(bonds.triplet), {}))
        if self.terms.environment is not None:
            environment = self.terms.environment
            add_pair(environment.cutoff, environment.pair)
            loops.append((environment.cutoff, *self._environment_sums(environment)))
        for cutoff, members in self._density_groups().items():
            for first, density in members:
                moved = graph.sum(
                    graph.mul(self.slopes[first + k], node) for k, node in enumerate(self._moments(density))
                )
                by = [self.symbols.r1, *self.axes.values()]
                add(cutoff, zero, *(derivative(graph, moved, each) for each in by))
        if not single:
            return
        sums = {
            cutoff: self._sums(2, cutoff, nodes, self.densities, self.zeta, self.of_slopes)
            for cutoff, nodes in single.items()
        }
        with frame.kernel(text, self._kernel("bonds", "bonds"), ("gradient",)):
            self._start_bond(text)
            self._load(text, slopes=True)
            text.add("double energy = 0.0, along = 0.0, gx = 0.0, gy = 0.0, gz = 0.0;")
            if self.zeta:
                text.add(*frame.field_lines("zeta", ["zeta0"], "n_bonds", "b"))
            for cutoff, each in sums.items():
                with text.block():
                    each.start(text, "kind")
                    with text.block("if (r < t2[0])"):
                        write_matches(text, each, "kind")
                        write_bond(text, each, self._all_given, ["energy", "along", "gx", "gy", "gz"])
                        for _, pairs, of_bond_2 in (loop for loop in loops if loop[0] is cutoff):
                            self._write_loop(text, pairs, each, of_bond_2)
            self._write_gradient(text)

    def _triplet_sums(self, triplet: Node) -> Sums:
        graph, symbols = self.graph, self.symbols
        half = graph.mul(graph.number(0.5), triplet)
        nodes = [half, derivative(graph, triplet, symbols.r1), derivative(graph, triplet, symbols.costheta)]
        return self._sums(3, graph.one, nodes, self.densities)

    def _environment_sums(self, term: EnvironmentTerm) -> tuple[Sums, Mapping[Node, str]]:
        """Of B_x G(x, y) + B_y G(y, x), whose derivatives by bond x are wanted; B is 1/2 dU/dzeta."""
        graph, symbols = self.graph, self.symbols
        first = graph.symbol("weight.1", Uses.ENVIRONMENT_1)
        second = graph.symbol("weight.2", Uses.ENVIRONMENT_2)
        fields = {**self._fields([first]), **self._fields([second])}
        backward = symbols.exchange(term.environment)
        energy = graph.add(graph.mul(first, term.environment), graph.mul(second, backward))
        nodes = [
            graph.zero,
            derivative(graph, energy, symbols.r1),
            derivative(graph, energy, symbols.costheta),
        ]
        own = f"weight[{frame.field_place('slot', 0, 1, 'n_bonds', 'y')}]"
        names = {second: "weight[y]", fields[second]: own}
        self._weights = {first: "weight0", fields[first]: "weight0_k"}
        return self._sums(3, graph.one, nodes, fields), names

    def _write_loop(self, text: CudaText, pairs: Sums, cutoff: Sums, of_bond_2: Mapping[Node, str]) -> None:
        given = self._all_given
        with text.block():
            if of_bond_2:
                text.add(*frame.field_lines("weight", ["weight0"], "n_bonds", "b"))
                given |= self._weights
            targets = [("energy",), ("along",), ("gx", "gy", "gz")]
            write_triplets(text, pairs, cutoff, given, of_bond_2, targets)

    def _write_gradient(self, text: CudaText) -> None:
        text.add("double *to = gradient + 4 * ((index_t)slot * n_bonds + b);")
        for k, axis in enumerate("xyz"):
            text.add(f"g{axis} += along * u{axis};")
            text.add(f"to[{k}] = add ? to[{k}] + g{axis} : g{axis};")
        text.add("to[3] = add ? to[3] + energy : energy;")
