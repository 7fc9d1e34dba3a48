"""What `hpcfit check` tells of devices: which there are, and how much of their memory a rank will need."""

from __future__ import annotations

from collections import Counter

from hpcfit.job import ResolvedJob
from hpcfit.kernels.cuda.model import CudaModel
from hpcfit.kernels.site_model import SiteModel
from hpcfit.problem.device_memory import FRACTION, device_needs
from hpcfit.problem.memory import Amounts
from hpcfit.suggest import counted
from hpcfit.workflow.devices import CONTEXT, CPU, Devices, expected_devices
from hpcfit.workflow.model import Model


def device_lines(resolved: ResolvedJob, ranks: int) -> tuple[Devices, list[str]]:
    """What ranks on this machine would compute on, and the lines that say so.

    A job for GPUs may well be checked where there is none, so that is no fault.
    """
    devices, missing = expected_devices(resolved, ranks)
    if missing is not None:
        return devices, [f"device         cuda, but not on this machine: {missing}"]
    first = devices.words.removeprefix("device ")
    return devices, [f"device         {first}", *(f"{'':14} {line}" for line in devices.lines)]


def wants_device(resolved: ResolvedJob) -> bool:
    """Whether a job says that some rank computes on a GPU, wherever that is."""
    return "cuda" in resolved.job.run.device


def device_memory_lines(
    model: Model, amounts: Amounts, configurations: float, devices: Devices, ranks: int
) -> list[str]:
    """What a rank with these amounts needs of its device's memory, and whether that is there."""
    if not isinstance(model.compiled, SiteModel):
        return []
    needs = device_needs(CudaModel.planned(model.compiled), amounts, configurations)
    whole = needs.everything + CONTEXT
    lines = [
        f"device memory  about {_mib(whole)} per rank on {counted(ranks, 'rank')}: bonds and rows "
        f"{_mib(needs.data)}, derivatives {_mib(needs.jacobian)}, while computing {_mib(needs.working)}, "
        f"CUDA {_mib(CONTEXT)}"
    ]
    on_each = Counter(rank.place for rank in devices.ranks if rank.name != CPU)
    memory = min((rank.memory for rank in devices.ranks if rank.name != CPU), default=0)
    if not memory:
        return lines
    room = FRACTION * (memory / max(on_each.values()) - CONTEXT)
    if needs.largest > room:
        lines.append(
            f"{'':14} of {_mib(memory)} for {counted(max(on_each.values()), 'rank')}: too little for the "
            "largest part, which cannot be divided. Let fewer ranks share a device, or use the CPU."
        )
    elif needs.everything > room:
        lines.append(
            f"{'':14} of {_mib(memory)} for {counted(max(on_each.values()), 'rank')}: data are streamed from "
            "the host, in parts that fit, which takes longer. More devices avoid it."
        )
    return lines


def _mib(size: float) -> str:
    return f"{size / 2**20:.0f} MiB"
