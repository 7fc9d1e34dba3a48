"""The model of a table that is ready to compute, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence

from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.formula.network import Network
from hpcfit.formula.row_form import RowForm
from hpcfit.kernels.rows.model import AnyRowModel
from hpcfit.kernels.rows.network_model import NetworkModel
from hpcfit.kernels.rows.row_model import RowModel


def compiled_rows(
    form: RowForm, labels: tuple[str, ...], active: Sequence[int], columns: Sequence[int] | None = None
) -> AnyRowModel:
    """The model for groups of rows with these labels.

    Args:
        active, columns: positions in the values with derivatives, and their columns; see `RowModel`.
    """
    if isinstance(form, Network):
        return NetworkModel(BoundPotential(form, labels), active, columns)
    return RowModel(BoundPotential(form, labels), active, columns)
