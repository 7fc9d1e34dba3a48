"""A bond environment in a generated module: its tables, its functions and the calls of them."""

from __future__ import annotations

from hpcfit.kernels.environment_plan import EnvironmentPlan
from hpcfit.kernels.environment_rows import EnvironmentRows
from hpcfit.kernels.environment_sites import EnvironmentSites
from hpcfit.kernels.environment_slots import VECTOR, EnvironmentSlots
from hpcfit.kernels.environment_stage import EnvironmentStage, write_early_stage
from hpcfit.kernels.table_writer import TableWriter
from hpcfit.kernels.text import Text

_CALL = """\
            environments_NUMBER(atom, next_atom, species, groups, scratch, capacity, table, columns,
                                value_column, sums)
"""


class EnvironmentCalls:
    """Adds one environment to a module.

    Attributes:
        call: what is called besides the functions that every bond set has, and before its `sites_NUMBER`.
        bond: the table of its pairs of species.
        n_rows: of the scratch array, with room for the V of a site.
        n_slots: gradients of eight bonds behind these.
    """

    def __init__(
        self,
        tables: TableWriter,
        functions: Text,
        potential: int,
        plan: EnvironmentPlan,
        n_species: int,
        number: int,
    ) -> None:
        rows = EnvironmentRows(plan, n_species)
        slots = EnvironmentSlots(plan, n_species, f"{rows.total} * capacity")
        far = [] if plan.far is None else [name for name, _ in plan.far.sums]
        n_entries = len(plan.bond_table)
        bond = tables.add(potential, 2, plan.symbols, plan.bond_table, slots.names, n_entries - 1)
        entries = plan.triplet_table
        triplet = tables.add(potential, 3, plan.symbols, entries, far, len(entries))
        write_early_stage(functions, f"bonds_{number}", plan, bond, rows)
        EnvironmentStage(plan, bond, triplet, rows).write(functions, f"environments_{number}")
        EnvironmentSites(plan, bond, triplet, rows, slots).write(functions, f"sites_{number}")
        self.call = _CALL
        self.bond = bond
        self.n_rows = rows.total + VECTOR
        self.n_slots = slots.total
