"""Tables for fits of plain data: columns by name, from text files or datasets.

head          names and units of the columns of a text file, and how its lines are divided
cells         the cells of a text file as numbers and texts, with the lines of those that are neither
columns       the columns that a fit needs, from either kind of file
rows          which rows a job selects
held_out      which rows are for testing
"""

from hpcfit.data.table.columns import Columns, read_columns
from hpcfit.data.table.held_out import held_out
from hpcfit.data.table.rows import select_rows

__all__ = ["Columns", "held_out", "read_columns", "select_rows"]
