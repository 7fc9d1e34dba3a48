"""The functions that a potential's densities and embedding need, and the calls of them, in order."""

from __future__ import annotations

from hpcfit.kernels import density_template as template
from hpcfit.kernels.density_plan import DensityPlan, DensitySetPlan
from hpcfit.kernels.density_stage import DensityStage
from hpcfit.kernels.embedding_stage import EmbeddingStage, embedding_table
from hpcfit.kernels.slots import ResponseTable
from hpcfit.kernels.table_writer import TableWriter
from hpcfit.kernels.text import Text


class DensityCalls:
    """Densities and embedding of one potential.

    Args:
        number: of the potential in the model.
        n_species: of the model.

    Attributes:
        responses: where `columns` says what the densities respond to; None if to nothing.
        n_work: size of the working array of the embedding, once that is written.
    """

    def __init__(
        self, tables: TableWriter, functions: Text, number: int, plan: DensityPlan, n_species: int
    ) -> None:
        self._tables = tables
        self._functions = functions
        self._number = number
        self._plan = plan
        self._n_species = n_species
        self.n_work = 0
        self.responses: ResponseTable | None = tables.add_responses(number) if plan.responds else None

    @property
    def n_fields(self) -> int:
        """Rows of `fields`."""
        return 2 * len(self._plan.components)

    def densities(self) -> str:
        """Set arrays to zero, then sum the densities of all atoms."""
        clear = template.CLEAR + (template.CLEAR_RESPONSES if self.responses else template.NO_RESPONSES)
        return self._filled(clear) + "".join(
            self._density_set(place, plan) for place, plan in enumerate(self._plan.sets)
        )

    def _density_set(self, place: int, plan: DensitySetPlan) -> str:
        names = [column.name for column in plan.columns if column.name is not None]
        optional = len(plan.bond_table) - 1
        table = self._tables.add(self._number, 2, plan.symbols, plan.bond_table, names, optional, slots=True)
        stage = DensityStage(plan, table, self._plan.components, self._n_species)
        name = f"densities_{self._number}_{place}"
        stage.write(self._functions, name)
        call = template.CALL_DENSITIES.replace("NAME", name).replace("N_ENTRIES", str(table.n_entries))
        call = call.replace("ENTRY", str(table.first_entry))
        return call.replace("WITH_VECTORS", str(stage.needs_vectors))

    def embedding(self) -> str:
        """F, A and their derivatives."""
        plan = self._plan.embedding
        names = [column.name for column in plan.columns]
        entries = embedding_table(plan, self._n_species)
        table = self._tables.add(self._number, 1, plan.symbols, entries, names, slots=True)
        stage = EmbeddingStage(plan, table, self._n_species, self.responses is not None)
        name = f"embedding_{self._number}"
        stage.write(self._functions, name)
        self.n_work = stage.n_work
        return template.CALL_EMBEDDING.replace("NAME", name)

    def finish(self) -> str:
        """Add the sums over responses to energies and virials."""
        return self._filled(template.ADD_RESPONSES) if self.responses else ""

    def widest(self) -> str:
        """Lines of `ALLOCATE` that ask for room."""
        return self._filled(template.WIDEST) if self.responses else ""

    def _filled(self, text: str) -> str:
        first = self.responses.first if self.responses else 0
        return text.replace("N_COMPONENTS", str(len(self._plan.components))).replace("FIRST", str(first))
