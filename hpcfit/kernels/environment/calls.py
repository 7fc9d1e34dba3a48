"""A bond environment in a generated module: its tables, its functions and the calls of them."""

from __future__ import annotations

from hpcfit.kernels import template
from hpcfit.kernels.atom_rows import AtomRows
from hpcfit.kernels.environment.force_stage import EnvironmentSites
from hpcfit.kernels.environment.plan import EnvironmentPlan
from hpcfit.kernels.environment.rows import EnvironmentRows
from hpcfit.kernels.environment.slots import VECTOR, EnvironmentSlots
from hpcfit.kernels.environment.zeta_stage import ATOM_ARGUMENTS, EnvironmentStage, write_early_stage
from hpcfit.kernels.slots import ResponseTable
from hpcfit.kernels.table_writer import TableWriter
from hpcfit.kernels.text import Text

_CALL = """\
            environments_NUMBER(atom, next_atom, species, groups, scratch, capacity, table, columns,
                                value_column, sums OF_ATOMS)
"""
_SITES = "            sites_"


class EnvironmentCalls:
    """Adds one environment to a module.

    Attributes:
        call: the text of the calls.
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
        number: str,
        atoms: AtomRows | None = None,
        responses: ResponseTable | None = None,
    ) -> None:
        rows = EnvironmentRows(plan, n_species)
        slots = EnvironmentSlots(plan, n_species, f"{rows.total} * capacity")
        far = [] if plan.far is None else [name for name, _ in plan.far.sums]
        n_entries = len(plan.bond_table)
        with_slots = atoms is not None
        table = plan.bond_table, slots.names, n_entries - 1, with_slots
        bond = tables.add(potential, 2, plan.symbols, *table)
        entries = plan.triplet_table
        triplet = tables.add(potential, 3, plan.symbols, entries, far, len(entries), with_slots)
        write_early_stage(functions, f"bonds_{number}", plan, bond, rows)
        EnvironmentStage(plan, bond, triplet, rows, atoms).write(functions, f"environments_{number}")
        first = 0 if responses is None else responses.first
        sites = EnvironmentSites(plan, bond, triplet, rows, slots, atoms, first)
        sites.write(functions, f"sites_{number}")
        call = template.CALL_SET.replace(_SITES, _CALL + _SITES)
        more = ""
        if atoms is not None:
            more = ATOM_ARGUMENTS.replace("base", "begin")
            call = call.replace("predictions, sums)", f"predictions, sums{more})")
        call = call.replace(" OF_ATOMS", more).replace("NUMBER", number).replace("WITH_ROWS", "True")
        call = call.replace("N_ENTRIES", str(bond.n_entries))
        self.call = call.replace("ENTRY", str(bond.first_entry))
        self.n_rows = rows.total + VECTOR
        self.n_slots = slots.total
