"""A bond environment in a generated module: its tables, its functions and the calls of them."""

from __future__ import annotations

from hpcfit.formula.written import WrittenName
from hpcfit.kernels.environment_plan import EnvironmentPlan
from hpcfit.kernels.environment_rows import EnvironmentRows
from hpcfit.kernels.environment_sites import EnvironmentSites
from hpcfit.kernels.environment_slots import EnvironmentSlots
from hpcfit.kernels.environment_stage import EnvironmentStage, write_early_stage
from hpcfit.kernels.table_writer import TableWriter
from hpcfit.kernels.text import Text

SPREAD = '''
@kernel
def spread(b, column, lanes, v, r, cutoff, ux, uy, uz, row, rows_of, scratch, n_rows, predictions, sums):
    """Gradients of eight bonds at b of the scratch array, to the force rows of a column and its virials."""
    gx = where_less(r, cutoff, load(scratch, b), 0.0)
    gy = where_less(r, cutoff, load(scratch, b + 8), 0.0)
    gz = where_less(r, cutoff, load(scratch, b + 16), 0.0)
    to = column * n_rows + row
    increase(predictions, to, total(gx))
    increase(predictions, to + 1, total(gy))
    increase(predictions, to + 2, total(gz))
    for lane in range(lanes):
        to = column * n_rows + get(rows_of, v + lane)
        increase(predictions, to, -get(scratch, b + lane))
        increase(predictions, to + 1, -get(scratch, b + 8 + lane))
        increase(predictions, to + 2, -get(scratch, b + 16 + lane))
    if STRESS:
        place = STRIDE * column + 16
        accumulate(sums, place, ux * (r * gx))
        accumulate(sums, place + 8, uy * (r * gy))
        accumulate(sums, place + 16, uz * (r * gz))
        accumulate(sums, place + 24, uy * (r * gz))
        accumulate(sums, place + 32, ux * (r * gz))
        accumulate(sums, place + 40, ux * (r * gy))
'''

_CALL = """\
            environments_NUMBER(atom, next_atom, species, groups, scratch, capacity, table, columns,
                                value_column, sums)
"""


class EnvironmentCalls:
    """Adds one environment to a module.

    Attributes:
        call: what is called besides the functions that every bond set has, and before its `sites_NUMBER`.
        bond: the table of its pairs of species.
        n_rows: of the scratch array.
        n_buffered: gradients of eight bonds behind these.
    """

    def __init__(
        self,
        tables: TableWriter,
        functions: Text,
        potential: int,
        plan: EnvironmentPlan,
        n_species: int,
        stress: bool,
        number: int,
    ) -> None:
        rows, slots = EnvironmentRows(plan, n_species), EnvironmentSlots(plan, n_species)
        names: list[WrittenName] = [
            column.name for column in plan.columns if column.name is not None and not slots.has_slot(column)
        ]
        names += slots.bonds
        far = [] if plan.far is None else [name for name, _ in plan.far.sums]
        n_entries = len(plan.bond_table)
        bond = tables.add(potential, 2, plan.symbols, plan.bond_table, names, n_entries - 1)
        entries = plan.triplet_table
        triplet = tables.add(potential, 3, plan.symbols, entries, far, len(entries))
        write_early_stage(functions, f"bonds_{number}", plan, bond, rows)
        EnvironmentStage(plan, bond, triplet, rows).write(functions, f"environments_{number}")
        sites = EnvironmentSites(plan, bond, triplet, rows, slots, stress)
        sites.write(functions, f"sites_{number}")
        self.call = _CALL
        self.bond = bond
        self.n_rows = rows.total
        self.n_buffered = sites.n_buffered
