"""What ranks compute on, in words: for every rank on a machine that stands in for its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpcfit.devices.choice import Choice
from hpcfit.devices.driver import Card, Driver
from hpcfit.devices.machine import Machine
from hpcfit.devices.missing import Missing, NoDevice
from hpcfit.errors import HpcfitError
from hpcfit.job import ResolvedJob, open_job
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.workflow import devices
from hpcfit.workflow.devices import Devices, RankDevice, choose_devices, unsuited_job

GIB = 2**30
H200 = [Card("NVIDIA H200", 140 * GIB, identity=f"card{k}") for k in range(2)]
CUPY = {"cupy-cuda12x": "14.2.0"}
FINE = Machine(Driver((12, 8), "570.86.15", tuple(H200)), CUPY)
NO_CUPY = Machine(Driver((12, 8), "570.86.15", tuple(H200)))


CODE = """
from hpcfit.formula.potential import ParameterSpec
from hpcfit.kernels.hand_written.site_function import SiteFunction


def energy(distances, parameters, gradients):
    return 0.0


def morse():
    return SiteFunction("mine", (ParameterSpec("D", "shared", unit="eV"),), 3.0, energy)
"""


class Opened:
    """A device as far as its choice needs it."""

    def __init__(self, choice: Choice) -> None:
        assert choice.card is not None
        self.name, self.card = f"{choice.card.name} ({choice.number})", choice.card
        self.memory_limit: int | None = None

    def free_memory(self) -> int:
        return self.card.memory


class Threads(SerialCommunicator):
    """Ranks as threads of this process, on the machines that are told."""

    def __init__(self, rank: int, machines: list[str], table: list[Any], barrier: threading.Barrier) -> None:
        super().__init__()
        self.rank, self.size = rank, len(machines)
        self._machines, self._table, self._barrier = machines, table, barrier

    def on_machine(self) -> list[int]:
        own = self._machines[self.rank]
        return [rank for rank, machine in enumerate(self._machines) if machine == own]

    def allgather(self, value: Any) -> list[Any]:
        self._table[self.rank] = value
        self._barrier.wait(30)
        everyone = list(self._table)
        self._barrier.wait(30)
        return everyone


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch, silicon: Any) -> Callable[..., list[Any]]:
    """chosen(device, machine, machines) is what each rank gets, or the error that it raises."""
    monkeypatch.setattr(devices, "open_device", Opened)

    def choose(device: object, machine: Machine, machines: list[str] | None = None) -> list[Any]:
        monkeypatch.setattr(devices, "find_machine", lambda: machine)
        names = machines or ["a"]
        resolved = job_on(silicon, device)
        table: list[Any] = [None] * len(names)
        results: list[Any] = [None] * len(names)
        barrier = threading.Barrier(len(names))

        def one(rank: int) -> None:
            try:
                results[rank] = choose_devices(Threads(rank, names, table, barrier), resolved)
            except HpcfitError as error:
                results[rank] = error

        threads = [threading.Thread(target=one, args=(rank,)) for rank in range(len(names))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    return choose


def job_on(silicon: Any, device: object) -> ResolvedJob:
    words = str(device) if isinstance(device, list) else f'"{device}"'
    silicon.write(('folder = "run"', f'folder = "run"\ndevice = {words}'))
    return open_job(silicon.path)


def test_one_device_is_told_with_memory_driver_and_cupy(chosen: Callable[..., list[Any]]) -> None:
    (found,) = chosen("cuda", FINE)
    assert (found.kind, found.words, found.own.name) == ("cuda", "device cuda", "NVIDIA H200 (0)")
    assert found.lines == [
        "device: NVIDIA H200 (140.0 GiB); NVIDIA driver 570.86.15 (CUDA 12.8), CuPy 14.2.0"
    ]
    assert found.facts == [
        {
            "name": "NVIDIA H200",
            "memory": 140 * GIB,
            "driver": "570.86.15",
            "cuda": "12.8",
            "cupy": "14.2.0",
            "ranks": [0],
        }
    ]


def test_ranks_of_two_machines_take_the_devices_of_each_in_turn(chosen: Callable[..., list[Any]]) -> None:
    found = chosen("auto", FINE, ["a", "b", "a", "b", "a"])
    assert [each.own.name for each in found] == [f"NVIDIA H200 ({k})" for k in (0, 0, 1, 1, 0)]
    assert found[0].lines == [
        "devices: 4 x NVIDIA H200 (140.0 GiB), 1 to 2 ranks on each; NVIDIA driver 570.86.15 (CUDA 12.8), "
        "CuPy 14.2.0"
    ]
    assert [entry["ranks"] for entry in found[0].facts] == [[0, 4], [1], [2], [3]]
    assert all(each.ranks == found[0].ranks for each in found)
    # A rank that has a device for itself gets more to do than those that share one.
    half, whole = "half of NVIDIA H200", "NVIDIA H200"
    assert found[0].kinds == [half, whole, whole, whole, half]
    assert [each.own_kind for each in found] == found[0].kinds


def test_several_ranks_may_share_a_device_and_many_are_told_so(chosen: Callable[..., list[Any]]) -> None:
    one = Machine(Driver((12, 8), "", (H200[0],)), CUPY)
    assert chosen("cuda", one, ["a"] * 2)[0].lines == [
        "device: NVIDIA H200 (140.0 GiB), 2 ranks; NVIDIA driver (CUDA 12.8), CuPy 14.2.0"
    ]
    assert chosen("cuda", one, ["a"] * 8)[0].lines[1:] == [
        "note: 8 ranks share a device, each with memory of its own there; fewer ranks for each device, and "
        "CUDA's MPS, are faster (docs/gpu.md)."
    ]


def test_ranks_on_one_device_leave_each_other_their_part_of_its_memory(
    chosen: Callable[..., list[Any]],
) -> None:
    found = chosen("auto", FINE, ["a", "a", "a", "b"])
    half = 70 * GIB - 500 * 2**20
    assert [each.own.memory_limit for each in found] == [half, None, half, None]


def test_a_list_makes_some_ranks_of_each_machine_compute_on_the_processor(
    chosen: Callable[..., list[Any]],
) -> None:
    found = chosen(["cuda", "cpu"], FINE, ["a", "a", "a", "b"])
    assert [each.own is None for each in found] == [False, True, True, False]
    assert (found[0].kind, found[0].words) == ("cuda, cpu", "device cuda on 2 ranks, cpu on 2")
    assert [rank.name for rank in found[0].ranks] == ["NVIDIA H200", "cpu", "cpu", "NVIDIA H200"]


@pytest.mark.parametrize("device", ["cuda", ["cuda"]])
def test_cuda_without_a_gpu_is_one_message_on_all_ranks(
    device: object, chosen: Callable[..., list[Any]]
) -> None:
    errors = chosen(device, NO_CUPY, ["a", "a", "b"])
    assert [str(error) for error in errors] == [
        f"{Path(str(errors[0]).partition(':')[0])}:23: run.device: CuPy is not installed. Install it: pip "
        "install 'hpcfit[cuda12]'"
    ] * 3
    assert {error.exit_code for error in errors} == {2}


def test_a_rank_that_alone_lacks_its_gpu_is_named(chosen: Callable[..., list[Any]]) -> None:
    errors = chosen(["cpu", "cuda"], NO_CUPY, ["a", "a"])
    assert all(str(error).startswith("rank 1 of 2: ") for error in errors)


def test_auto_says_in_one_line_that_it_computes_on_the_cpu_and_why(chosen: Callable[..., list[Any]]) -> None:
    for found in chosen("auto", NO_CUPY, ["a", "a"]):
        assert (found.own, found.kind, found.words) == (None, "cpu", "device cpu (no CuPy)")
        assert found.lines == [
            "note: computing on the CPU: CuPy is not installed. Install it: pip install 'hpcfit[cuda12]'"
        ]


def test_auto_on_a_machine_that_never_had_a_gpu_is_a_word_only(chosen: Callable[..., list[Any]]) -> None:
    (found,) = chosen("auto", Machine())
    assert (found.words, found.lines, found.facts) == ("device cpu (no NVIDIA driver)", [], [])


def test_auto_goes_on_where_the_device_does_not_open(
    chosen: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(choice: Choice) -> object:
        raise NoDevice(Missing("the device is in use", "NVIDIA H200 (0) is in use", "Wait."))

    monkeypatch.setattr(devices, "open_device", fail)
    (found,) = chosen("auto", FINE)
    assert found.words == "device cpu (the device is in use)"
    assert found.lines == ["note: computing on the CPU: NVIDIA H200 (0) is in use. Wait."]


def test_the_processor_is_taken_without_a_look_at_the_machine(
    chosen: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (found,) = chosen("cpu", FINE)
    assert (found, found.words, found.lines) == (Devices((RankDevice(),)), "device cpu", [])


def test_a_job_that_no_gpu_computes_is_told_where_there_is_one(
    chosen: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    why = Missing("a potential in Python", "potential[0] (mine) is Python code", "Do this.")
    monkeypatch.setattr(devices, "unsuited_job", lambda resolved: why)
    (found,) = chosen("auto", FINE)
    assert found.words == "device cpu (a potential in Python)"
    assert found.lines == ["note: computing on the CPU: potential[0] (mine) is Python code. Do this."]
    (found,) = chosen("auto", Machine())
    assert (found.words, found.lines) == ("device cpu (no NVIDIA driver)", [])
    (error,) = chosen("cuda", FINE)
    assert str(error).endswith(":23: run.device: potential[0] (mine) is Python code. Do this.")


def test_what_is_python_code_alone_is_no_job_for_a_gpu(silicon: Any) -> None:
    silicon.write(
        ('name = "stillinger-weber-kim"', 'name = "morse.py:morse"'),
        ("A      = { initial = 15.28484792, min = 0.1, max = 500 }\n", "D = { initial = 1.0 }\n"),
        ("B      = { initial = 0.60222456, min = 1e-3, max = 1e3 }\n", ""),
        ("gamma  = { initial = 2.51412, min = 0.1, max = 10 }\n", ""),
        ("lambda = { initial = 45.5322, min = 0.1, max = 500 }\n", ""),
    )
    (silicon.folder / "morse.py").write_text(CODE)
    assert str(unsuited_job(open_job(silicon.path))) == (
        'mine: energies by Python code are computed by the CPU. Write run.device = "cpu", or leave it out.'
    )
    formula = '[[potential]]\npair = "0*r"\ncutoff = 3.0\nspecies = ["Si"]\n'
    silicon.path.write_text(silicon.path.read_text() + formula)
    assert unsuited_job(open_job(silicon.path)) is None


def test_a_table_is_a_job_for_a_gpu(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("x,y\n1,2\n2,3\n3,5\n")
    (tmp_path / "job.toml").write_text(
        '[data]\ntable = "points.csv"\ny = "y"\n[model]\nformula = "a*x"\n'
        "parameters = { a = { initial = 1.0 } }\n"
    )
    assert unsuited_job(open_job(tmp_path / "job.toml")) is None
