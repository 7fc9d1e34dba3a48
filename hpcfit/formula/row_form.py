"""What a table can be fitted by."""

from __future__ import annotations

from typing import TypeAlias

from hpcfit.formula.network import Network
from hpcfit.formula.row_formula import RowFormula

RowForm: TypeAlias = RowFormula | Network
