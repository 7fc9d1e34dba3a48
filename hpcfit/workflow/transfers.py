"""What a run says of what crosses between host and devices, and of kernels that are started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hpcfit.kernels.model_facts import copies_from_device, device_of
from hpcfit.parallel.communicator import Communicator
from hpcfit.problem.block_group import BlockGroup
from hpcfit.problem.weighed_group import WeighedGroup

if TYPE_CHECKING:
    from hpcfit.devices.device import Device
    from hpcfit.workflow.prepare import Prepared


@dataclass(frozen=True)
class Traffic:
    """Counts of a device: kernels started, bytes copied there and back."""

    launches: int
    bytes_in: int
    bytes_out: int

    @classmethod
    def of(cls, device: Device) -> Traffic:
        """Until now."""
        return cls(device.launches, device.bytes_in, device.bytes_out)

    def line(self, device: Device, iterations: int) -> str:
        """What has come since, for the log."""
        launches = device.launches - self.launches
        there, back = 1e-6 * (device.bytes_in - self.bytes_in), 1e-6 * (device.bytes_out - self.bytes_out)
        each = launches / max(iterations, 1)
        return (
            f"device of rank 0: {launches} kernels started, {each:.1f} per iteration; {there:.3g} MB copied "
            f"there, {back:.3g} MB back"
        )


def library_notes(device: Device | None, width: int) -> list[str]:
    """What a run says where a wide Jacobian is folded by the processor, since the device has no library.

    Args:
        width: columns of [J | r].
    """
    from hpcfit.devices.device import OutOfDeviceMemory
    from hpcfit.devices.fold.folding import WIDE

    try:
        if device is None or width < WIDE or device.has_library:
            return []
    except OutOfDeviceMemory:  # the fit will say so
        return []
    fault = getattr(device, "library_fault", "")
    return [
        f"note: blocks of {width} columns are copied back and folded by the CPU, for CuPy finds no cuSOLVER "
        f"({fault}): load the machine's module of CUDA, or install it (docs/gpu.md)"
    ]


def transfer_notes(comm: Communicator, prepared: Prepared) -> list[str]:
    """How much is copied back for each evaluation on all ranks, if anything is; collective."""
    objective = prepared.objective
    wide = library_notes(device_of(objective.model), objective.model.n_columns + 1)
    summed = copies_from_device(objective.model)
    groups = [group for group in objective.groups if summed or isinstance(group, BlockGroup)]
    rows = 0
    if summed or device_of(objective.model) is not None:
        stress = objective.model.stress
        rows = sum(
            3 * group.keeper.block.n_atoms + (7 if stress else 1) * len(group.keeper.block)
            for group in groups
        )
    total = sum(comm.allgather(rows))
    if not total:
        return wide
    robust = any(isinstance(group, WeighedGroup) for group in groups)
    what = "the sum of potentials is" if summed else "losses are" if robust else "the residual is"
    values, all_columns = 8e-6 * total, 8e-6 * total * (objective.model.n_columns + 1)
    return [
        f"note: {what} computed on the CPU: from the devices come "
        f"{values:.3g} MB of predictions for each residual, and {all_columns:.3g} MB with the derivatives"
    ]
