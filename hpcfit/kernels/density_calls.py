"""The functions that a potential's densities and embedding need, and the calls of them, in order."""

from __future__ import annotations

from itertools import combinations_with_replacement

from hpcfit.kernels import density_template as template
from hpcfit.kernels.density_plan import DensityPlan, DensitySetPlan
from hpcfit.kernels.density_stage import DensityStage
from hpcfit.kernels.density_term_bonds import TermRows, write_site_values, write_term_bonds
from hpcfit.kernels.density_term_plan import DensityTermPlan
from hpcfit.kernels.density_term_sites import DensityTermSites
from hpcfit.kernels.embedding_stage import EmbeddingStage, embedding_table
from hpcfit.kernels.layout import KindTable
from hpcfit.kernels.slots import ResponseTable
from hpcfit.kernels.table_writer import TableWriter
from hpcfit.kernels.text import Text


class DensityCalls:
    """Densities, the terms that contain them, and the embedding of one potential.

    Rows of `fields`, in this order: components; A_c; d2E/(dc dd) from terms; values of atoms that terms read.
    Rows of `responses` of each atom: of the components; if there are such terms, what they give to A_c.

    Args:
        number: of the potential in the model.
        terms: the sets that contain densities.
        n_species: of the model.

    Attributes:
        responses: where `columns` says what the densities respond to; None if to nothing.
        n_rows: of the scratch array.
        n_buffered: gradients of eight bonds behind these.
        n_work: size of the working array of the embedding.
    """

    def __init__(
        self,
        tables: TableWriter,
        functions: Text,
        number: int,
        plan: DensityPlan,
        terms: list[DensityTermPlan],
        n_species: int,
        stress: bool,
    ) -> None:
        self._tables = tables
        self._functions = functions
        self._number = number
        self._plan = plan
        self._terms = terms
        self._n_species = n_species
        self._stress = stress
        self._n = len(plan.components)
        pairs = combinations_with_replacement(range(self._n), 2) if terms and plan.moves else ()
        self._second: dict[tuple[int, ...], int] = {pair: 2 * self._n + k for k, pair in enumerate(pairs)}
        self.responses: ResponseTable | None = tables.add_responses(number) if plan.responds else None
        self.n_rows = self.n_buffered = self.n_work = 0

    @property
    def n_fields(self) -> int:
        """Rows of `fields`."""
        return 2 * self._n + len(self._second) + sum(len(term.site) for term in self._terms)

    @property
    def rows_of_atom(self) -> int:
        """Rows of `responses` for each atom."""
        return self._n * (2 if self._terms else 1)

    def before_forces(self) -> list[str]:
        """Sums over bonds of all atoms, terms that contain them, and the embedding."""
        calls = [self._filled(template.CLEAR)]
        calls.append(self._filled(template.CLEAR_RESPONSES) if self.responses else template.NO_RESPONSES)
        if self._pushes:
            calls.append(template.CLEAR_PUSHED)
        calls += [self._density_set(place, plan) for place, plan in enumerate(self._plan.sets)]
        first_site = 2 * self._n + len(self._second)
        for place, term in enumerate(self._terms):
            calls.append(self._term(f"{self._number}_{place}", term, TermRows(term, first_site)))
            first_site += len(term.site)
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
        return any(term.probes for term in self._terms)

    def _density_set(self, place: int, plan: DensitySetPlan) -> str:
        names = [column.name for column in plan.columns if column.name is not None]
        optional = len(plan.bond_table) - 1
        table = self._tables.add(self._number, 2, plan.symbols, plan.bond_table, names, optional, slots=True)
        stage = DensityStage(plan, table, self._plan.components, self._n_species, self.rows_of_atom)
        name = f"densities_{self._number}_{place}"
        stage.write(self._functions, name)
        call = template.CALL_DENSITIES.replace("WITH_VECTORS", str(stage.needs_vectors))
        return _of_table(call.replace("NAME", name), table)

    def _term(self, label: str, plan: DensityTermPlan, rows: TermRows) -> str:
        """One set of pair and triplet terms that contain densities."""
        add, text, symbols = self._tables.add, self._functions, plan.symbols
        columns = [column for column in (*plan.forces, *plan.sums) if column.name is not None]
        near = list(dict.fromkeys(each.name for each in columns if each.name and not each.of_far_kind))
        far = list(dict.fromkeys(each.name for each in columns if each.name and each.of_far_kind))
        atom = add(self._number, 1, symbols, plan.site_table, [], len(plan.site_table))
        bond = add(self._number, 2, symbols, plan.bond_table, near, len(plan.bond_table) - 1, slots=True)
        triplet = None
        if plan.triplet.columns:
            entries = plan.triplet_table
            triplet = add(self._number, 3, symbols, entries, far, len(entries), slots=True)
        write_site_values(text, f"values_{label}", plan, atom, rows, self._n_species)
        write_term_bonds(text, f"term_bonds_{label}", plan, bond, rows)
        first = self.responses.first if self.responses else 0
        sites = DensityTermSites(
            plan, bond, triplet, rows, self._second, first, self._n_species, self._stress
        )
        sites.write(text, f"term_sites_{label}")
        self.n_rows = max(self.n_rows, rows.total)
        self.n_buffered = max(self.n_buffered, sites.n_buffered)
        return _of_table(template.CALL_TERM.replace("LABEL", label), bond)

    def _embedding(self) -> str:
        """F, A and their derivatives."""
        plan = self._plan.embedding
        names = [column.name for column in plan.columns]
        entries = embedding_table(plan, self._n_species)
        optional = len(plan.table)
        table = self._tables.add(self._number, 1, plan.symbols, entries, names, optional, slots=True)
        stage = EmbeddingStage(
            plan, table, self._n_species, self.responses is not None, bool(self._terms), self._second
        )
        name = f"embedding_{self._number}"
        stage.write(self._functions, name)
        self.n_work = stage.n_work
        return template.CALL_EMBEDDING.replace("NAME", name)

    def _filled(self, text: str) -> str:
        first = self.responses.first if self.responses else 0
        text = text.replace("N_CLEARED", str(2 * self._n + len(self._second)))
        return text.replace("ROWS_OF_ATOM", str(self.rows_of_atom)).replace("FIRST", str(first))


def _of_table(call: str, table: KindTable) -> str:
    return call.replace("N_ENTRIES", str(table.n_entries)).replace("ENTRY", str(table.first_entry))
