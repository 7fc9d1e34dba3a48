"""On what the ranks of a run compute: chosen and opened once, told at the beginning, kept in the result."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hpcfit.devices.choice import Choice, choose, wanted_by
from hpcfit.devices.machine import Machine, find_machine
from hpcfit.devices.missing import Missing, NoDevice, missing_parts, one_of, weaknesses
from hpcfit.devices.opening import open_device, taken_by_others
from hpcfit.errors import JobError
from hpcfit.job import Job, ResolvedJob
from hpcfit.kernels.hand_written import HandWritten
from hpcfit.parallel.agree import agreement
from hpcfit.parallel.communicator import Communicator
from hpcfit.suggest import counted

if TYPE_CHECKING:
    from hpcfit.devices.device import Device

CPU = "cpu"
#: bytes that a rank's connection to a device takes there, as CUDA 12 has it
CONTEXT = 500 * 2**20
#: ranks on one device from which on a word is said
_MANY = 8
_CROWDED = (
    "{} ranks share a device, each with memory of its own there; fewer ranks for each device, and CUDA's "
    "MPS, are faster (docs/gpu.md)."
)


def unsuited_job(resolved: ResolvedJob) -> Missing | None:
    """Why a job cannot be computed on a GPU, whatever there is."""
    cpu = 'Write run.device = "cpu", or leave it out.'
    if resolved.model is not None:
        return None
    forms = [each.bound.formula for each in resolved.potentials]
    code = [form for form in forms if isinstance(form, HandWritten) and not getattr(form, "cuda", None)]
    if len(code) < len(resolved.potentials):
        return None
    names = ", ".join(form.name for form in code)
    return Missing("Python code", f"{names}: energies by Python code are computed by the CPU", cpu)


@dataclass(frozen=True)
class RankDevice:
    """What one rank computes on.

    Attributes:
        name: "cpu", or that of the device.
        place: tells the device from all others of all machines.
        memory: of the device, in bytes.
        driver, cuda, cupy: versions; "" where the machine does not tell.
        label: why it is the processor, in a few words, where "auto" has found nothing else.
        notes: sentences for the user.
    """

    name: str = CPU
    place: str = ""
    memory: int = 0
    driver: str = ""
    cuda: str = ""
    cupy: str = ""
    label: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Devices:
    """What all ranks compute on.

    Attributes:
        ranks: of each.
        own: this rank's device; None for the processor.
        number: of this rank among `ranks`.
    """

    ranks: tuple[RankDevice, ...] = (RankDevice(),)
    own: Device | None = None
    number: int = 0

    @property
    def kinds(self) -> list[str]:
        """What each rank computes on, in words; ranks with the same words are as fast."""
        on_each = Counter(rank.place for rank in self.ranks if rank.name != CPU)
        return [_kind(rank, on_each[rank.place]) for rank in self.ranks]

    @property
    def own_kind(self) -> str:
        """The same of this rank."""
        return self.kinds[self.number]

    @property
    def kind(self) -> str:
        """ "cpu", "cuda", or "cuda, cpu" where ranks differ."""
        on_cpu = [rank.name == CPU for rank in self.ranks]
        return CPU if all(on_cpu) else "cuda, cpu" if any(on_cpu) else "cuda"

    @property
    def words(self) -> str:
        """For the first line of a run: "device cpu (no NVIDIA driver)"."""
        if self.kind == CPU:
            labels = "; ".join(dict.fromkeys(rank.label for rank in self.ranks if rank.label))
            return f"device cpu ({labels})" if labels else "device cpu"
        if self.kind == "cuda":
            return "device cuda"
        on_cpu = sum(rank.name == CPU for rank in self.ranks)
        return f"device cuda on {counted(len(self.ranks) - on_cpu, 'rank')}, cpu on {on_cpu}"

    @property
    def lines(self) -> list[str]:
        """What a run says of devices and of ranks that have none, one line for each kind of device."""
        kinds: dict[RankDevice, Counter[str]] = {}
        for rank in self.ranks:
            if rank.name != CPU:
                kinds.setdefault(replace(rank, place="", notes=()), Counter())[rank.place] += 1
        lines = [_device_line(kind, places) for kind, places in kinds.items()]
        notes = dict.fromkeys(note for rank in self.ranks for note in rank.notes)
        crowded = max((count for places in kinds.values() for count in places.values()), default=0)
        if crowded >= _MANY:
            notes[_CROWDED.format(crowded)] = None
        return lines + [f"note: {note}" for note in notes]

    @property
    def facts(self) -> list[dict[str, Any]]:
        """Of each device, for the result."""
        found: dict[str, dict[str, Any]] = {}
        for number, rank in enumerate(self.ranks):
            if rank.name != CPU:
                entry = found.setdefault(
                    rank.place,
                    {
                        "name": rank.name,
                        "memory": rank.memory,
                        "driver": rank.driver,
                        "cuda": rank.cuda,
                        "cupy": rank.cupy,
                        "ranks": [],
                    },
                )
                entry["ranks"].append(number)
        return list(found.values())


def choose_devices(comm: Communicator, resolved: ResolvedJob) -> Devices:
    """Choose and open what every rank computes on; collective.

    Raises:
        JobError: on all ranks alike, where a rank that run.device puts on a GPU cannot have one.
    """
    machine_ranks = comm.on_machine()
    local = machine_ranks.index(comm.rank)
    own: Device | None = None
    with agreement(comm):
        chosen, own = _own_device(resolved.job, local, unsuited_job(resolved))
    ranks = comm.allgather(replace(chosen, place=f"{chosen.place} {machine_ranks[0]}" if own else ""))
    if own is not None:
        _share(own, ranks, comm.rank)
    return Devices(tuple(ranks), own, comm.rank)


def expected_devices(resolved: ResolvedJob, ranks: int) -> tuple[Devices, Missing | None]:
    """What so many ranks would compute on if all were on this machine, and what is missing for "cuda".

    Nothing is opened: memory that others hold, or a CuPy that cannot be imported, show in a run only.
    """
    device = resolved.job.run.device
    wanted = [wanted_by(device, local) for local in range(ranks)]
    if set(wanted) == {CPU}:
        return Devices((RankDevice(),) * ranks), None
    machine, unsuited = find_machine(), unsuited_job(resolved)
    parts = missing_parts(machine)
    missing = one_of(parts) if parts else unsuited
    if missing is not None and "cuda" in wanted:
        return Devices((RankDevice(),) * ranks), unsuited or missing
    found = []
    for local, word in enumerate(wanted):
        if word == CPU:
            found.append(RankDevice())
        elif missing is not None:
            found.append(_without(missing, machine))
        else:
            found.append(_described(choose(device, local, machine), machine))
    return Devices(tuple(found)), None


def _own_device(job: Job, local: int, unsuited: Missing | None) -> tuple[RankDevice, Device | None]:
    """What this rank computes on, opened.

    Raises:
        JobError: a GPU is wanted, and cannot be had.
    """
    wanted = wanted_by(job.run.device, local)
    if wanted == CPU:
        return RankDevice(), None
    machine = find_machine()
    try:
        if wanted == "cuda" and unsuited is not None:
            raise NoDevice(unsuited)
        choice = choose(job.run.device, local, machine)
        if choice.missing is not None:
            raise NoDevice(choice.missing)
        if unsuited is not None:
            raise NoDevice(unsuited)
        own = open_device(choice)
    except NoDevice as error:
        if wanted == "cuda":
            raise JobError(job.source.problem(("run", "device"), f": {error}").text) from error
        return _without(error.missing, machine), None
    return _described(choice, machine, own.free_memory()), own


def _share(own: Device, ranks: list[RankDevice], number: int) -> None:
    """Leave memory to other ranks on the same device: what one holds back for itself, they would lack."""
    chosen = ranks[number]
    sharing = sum(rank.place == chosen.place for rank in ranks)
    if sharing > 1:
        part = max(1, chosen.memory // sharing - CONTEXT)
        own.memory_limit = part if own.memory_limit is None else min(part, own.memory_limit)


def _without(missing: Missing, machine: Machine) -> RankDevice:
    """A rank that "auto" leaves on the processor; where there is a driver, with how to use a GPU."""
    note = f"computing on the CPU: {missing}"
    return RankDevice(label=missing.label, notes=() if machine.driver is None else (note,))


def _described(choice: Choice, machine: Machine, free: int | None = None) -> RankDevice:
    """What a rank computes on, with `free` bytes of memory left there if it was opened."""
    card, driver = choice.card, machine.driver
    assert card is not None
    assert driver is not None
    taken = None if free is None else taken_by_others(card, free)
    return RankDevice(
        name=card.name,
        place=card.identity or str(choice.number),
        memory=card.memory,
        driver=driver.release,
        cuda=".".join(map(str, driver.cuda)),
        cupy=" ".join(machine.packages.values()),
        notes=(*weaknesses(card), *([taken] if taken is not None else [])),
    )


def _kind(rank: RankDevice, sharing: int) -> str:
    """ "cpu", "NVIDIA H200", or "half of NVIDIA H200" where others compute on the same device."""
    if rank.name == CPU or sharing == 1:
        return rank.name
    return f"{'half' if sharing == 2 else f'1/{sharing}'} of {rank.name}"


def _device_line(kind: RankDevice, places: Counter[str]) -> str:
    """ "devices: 2 x NVIDIA H200 (140 GiB), 4 ranks on each; NVIDIA driver 570.86 (CUDA 12.8), CuPy 14.2"."""
    number = f"{len(places)} x " if len(places) > 1 else ""
    few, most = min(places.values()), max(places.values())
    each = " on each" if len(places) > 1 else ""
    ranks = "" if most == 1 else f", {few if few == most else f'{few} to {most}'} ranks{each}"
    release = f" {kind.driver}" if kind.driver else ""
    cupy = f", CuPy {kind.cupy}" if kind.cupy else ""
    return (
        f"device{'s' if number else ''}: {number}{kind.name} ({kind.memory / 2**30:.1f} GiB){ranks}; "
        f"NVIDIA driver{release} (CUDA {kind.cuda}){cupy}"
    )
