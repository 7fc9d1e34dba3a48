"""The model of a table that is ready to compute, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence

from hpcfit.devices.device import Device
from hpcfit.formula.bound_potential import BoundPotential
from hpcfit.formula.network import Network
from hpcfit.formula.row_form import RowForm
from hpcfit.kernels.rows.device.network_model import DeviceNetworkModel
from hpcfit.kernels.rows.device.row_model import DeviceRowModel
from hpcfit.kernels.rows.model import AnyRowModel
from hpcfit.kernels.rows.network_model import NetworkModel
from hpcfit.kernels.rows.row_model import RowModel

#: rows times derivatives of each that take no longer to compute than other things do, about
_FEW = 2**16


def compiled_rows(
    form: RowForm,
    labels: tuple[str, ...],
    active: Sequence[int],
    columns: Sequence[int] | None = None,
    *,
    rows: int | None = None,
    device: Device | None = None,
) -> AnyRowModel:
    """The model for groups of rows with these labels.

    Args:
        active, columns: positions in the values with derivatives, and their columns; see `RowModel`.
        rows: of the whole table, the same on all ranks. With few of them one kernel is compiled, not two.
        device: computes it; by default the processor does.
    """
    if isinstance(form, Network):
        network = BoundPotential(form, labels)
        if device is not None:
            return DeviceNetworkModel(device, network, active, columns)
        return NetworkModel(network, active, columns)
    if device is not None:
        return DeviceRowModel(device, BoundPotential(form, labels), active, columns)
    few = rows is not None and rows * len(form.outputs) * len(active) <= _FEW
    return RowModel(BoundPotential(form, labels), active, columns, one_kernel=few)
