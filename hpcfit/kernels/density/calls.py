"""The functions that a potential's densities and embedding need, and the calls of them, in order."""

from __future__ import annotations

from collections.abc import Sequence

from hpcfit.formula.node import Node, Uses
from hpcfit.formula.stage import frontier
from hpcfit.formula.written import WrittenName
from hpcfit.kernels.atom_rows import AtomRows
from hpcfit.kernels.density import template
from hpcfit.kernels.density.atom_lanes import AtomTable
from hpcfit.kernels.density.embedding_stage import EmbeddingStage, embedding_entries
from hpcfit.kernels.density.function_stage import FunctionStage
from hpcfit.kernels.density.plan import DensityPlan, DensitySetPlan
from hpcfit.kernels.density.sums_stage import DensityStage
from hpcfit.kernels.density.term_bonds import TermRows, write_term_bonds
from hpcfit.kernels.density.term_plan import DensityTermPlan
from hpcfit.kernels.density.term_sites import DensityTermSites
from hpcfit.kernels.environment.calls import EnvironmentCalls
from hpcfit.kernels.environment.plan import EnvironmentPlan
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.slots import ResponseTable
from hpcfit.kernels.table_writer import TableWriter
from hpcfit.kernels.text import Text


class DensityCalls:
    """Densities, the terms that contain them, and the embedding of one potential.

    Args:
        number: of the potential in the model.
        n_species: of the model.

    Attributes:
        rows: what belongs to atoms.
        responses: where `columns` says what the densities respond to; None if to nothing.
        n_rows: of the scratch array.
        n_slots: gradients of eight bonds behind these (environment/slots.py).
        buffer: numbers that splines need behind the bonds.
        n_work: size of the working array for eight atoms.
    """

    def __init__(
        self,
        tables: TableWriter,
        functions: Text,
        number: int,
        plan: DensityPlan,
        n_species: int,
    ) -> None:
        self._tables = tables
        self._functions = functions
        self._number = number
        self._plan = plan
        self._n_species = n_species
        self.rows = AtomRows.of(plan)
        self.responses: ResponseTable | None = tables.add_responses(number) if plan.responds else None
        self.n_rows = self.n_work = self.n_slots = self.buffer = 0

    def before_forces(self) -> list[str]:
        """Sums over bonds of all atoms, terms that contain them, and the embedding."""
        calls = [self._filled(template.CLEAR)]
        calls.append(self._filled(template.CLEAR_RESPONSES) if self.responses else template.NO_RESPONSES)
        if self._pushes:
            calls.append(template.CLEAR_PUSHED)
        calls += [self._density_set(place, plan) for place, plan in enumerate(self._plan.sets)]
        if self._plan.functions.values:
            calls.append(self._values())
        calls += [self._term(f"{self._number}_{k}", term) for k, term in enumerate(self._plan.terms)]
        if self._plan.environment is not None:
            calls.append(self._environment(self._plan.environment))
        return [*calls, self._embedding()]

    def after_forces(self) -> list[str]:
        """Add what was summed over responses to energies, virials and forces."""
        calls = [self._filled(template.ADD_RESPONSES)] if self.responses else []
        return calls + ([self._filled(template.ADD_PUSHED)] if self._pushes else [])

    def widest(self) -> str:
        """Lines of `ALLOCATE` that ask for room."""
        if not self.responses:
            return ""
        return self._filled(template.WIDEST + (template.WIDEST_PUSHED if self._pushes else ""))

    @property
    def _pushes(self) -> bool:
        environment = self._plan.environment
        return any(plan.probes for plan in (*self._plan.terms, environment) if plan is not None)

    def _density_set(self, place: int, plan: DensitySetPlan) -> str:
        entries, optional = plan.bond_table, len(plan.bond_table) - 1
        table = self._tables.add(self._number, 2, plan.symbols, entries, plan.names, optional, slots=True)
        stage = DensityStage(plan, table, self.rows, self._n_species)
        self.buffer = max(self.buffer, stage.splines.size)
        name = f"densities_{self._number}_{place}"
        stage.write(self._functions, name)
        call = template.CALL_DENSITIES.replace("WITH_VECTORS", str(stage.needs_vectors))
        return _of_table(call.replace("NAME", name), table)

    def _atom_table(
        self, entries: Sequence[Node], names: Sequence[WrittenName], required: int = 0
    ) -> AtomTable:
        symbols, optional = self._plan.embedding.symbols, len(entries) - required
        table = self._tables.add(self._number, 1, symbols, entries, names, optional, slots=True)
        return AtomTable(table, tuple(entries), self._n_species)

    def _values(self) -> str:
        """S_k of all atoms."""
        plan, written = self._plan, self._plan.embedding.symbols.written
        stage = FunctionStage(plan, self.rows)
        entries = frontier(plan.functions.graph, stage.nodes, _has_variables)
        table = self._atom_table(entries, [written[symbol] for symbol in plan.active])
        stage.write(self._functions, f"values_{self._number}", table)
        self.n_work = max(self.n_work, stage.n_work)
        return template.CALL_VALUES.replace("NAME", f"values_{self._number}")

    def _term(self, label: str, plan: DensityTermPlan) -> str:
        """One set of pair and triplet terms that contain densities."""
        add, text, symbols, rows = self._tables.add, self._functions, plan.symbols, TermRows(plan)
        columns = [column for column in (*plan.forces, *plan.sums) if column.name is not None]
        near = list(dict.fromkeys(each.name for each in columns if each.name and not each.of_far_kind))
        far = list(dict.fromkeys(each.name for each in columns if each.name and each.of_far_kind))
        bond = add(self._number, 2, symbols, plan.bond_table, near, len(plan.bond_table) - 1, slots=True)
        triplet = None
        if plan.triplet.columns:
            entries = plan.triplet_table
            triplet = add(self._number, 3, symbols, entries, far, len(entries), slots=True)
        write_term_bonds(text, f"term_bonds_{label}", plan, bond, rows, self.rows)
        first = self.responses.first if self.responses else 0
        sites = DensityTermSites(plan, bond, triplet, rows, self.rows, first, self._n_species)
        sites.write(text, f"term_sites_{label}")
        self.n_rows = max(self.n_rows, rows.total)
        self.n_slots = max(self.n_slots, sites.n_slots)
        return _of_table(template.CALL_TERM.replace("LABEL", label), bond)

    def _environment(self, plan: EnvironmentPlan) -> str:
        """A pair energy of zeta and densities."""
        where = self._tables, self._functions, self._number
        number = f"of_atoms_{self._number}"
        added = EnvironmentCalls(*where, plan, self._n_species, number, self.rows, self.responses)
        self.n_rows = max(self.n_rows, added.n_rows)
        self.n_slots = max(self.n_slots, added.n_slots)
        return added.call

    def _embedding(self) -> str:
        """F, A and their derivatives."""
        plan = self._plan.embedding
        entries = embedding_entries(plan, self._n_species)
        table = self._atom_table(entries, plan.names, required=len(entries) - len(plan.table))
        stage = EmbeddingStage(plan, table, self.rows, self.responses is not None)
        name = f"embedding_{self._number}"
        stage.write(self._functions, name)
        self.n_work = max(self.n_work, stage.n_work)
        return template.CALL_EMBEDDING.replace("NAME", name)

    def _filled(self, text: str) -> str:
        first = self.responses.first if self.responses else 0
        text = text.replace("N_CLEARED", str(self.rows.n_fields))
        return text.replace("ROWS_OF_ATOM", str(self.rows.n_responses)).replace("FIRST", str(first))


def _of_table(call: str, table: KindTable) -> str:
    return call.replace("N_ENTRIES", str(table.n_entries)).replace("ENTRY", str(table.first_entry))


def _has_variables(node: Node) -> bool:
    return bool(node.uses & Uses.VARIABLES)
