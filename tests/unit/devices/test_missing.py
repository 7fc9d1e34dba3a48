"""Every way in which a GPU can be missing, in words that say what to do; machines stand in for each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hpcfit.devices.choice import Choice, choose
from hpcfit.devices.device import OutOfDeviceMemory
from hpcfit.devices.driver import Card, Driver
from hpcfit.devices.machine import Machine
from hpcfit.devices.missing import NoDevice, missing_parts, weaknesses
from hpcfit.devices.opening import open_device, taken_by_others

H200 = Card("NVIDIA H200", 141 * 2**30)
V100 = Card("Tesla V100", 32 * 2**30, (7, 0))
K80 = Card("Tesla K80", 12 * 2**30, (3, 7), 3)
FINE = Driver((12, 8), "570.86.15", (H200,))
CUPY12, CUPY13 = {"cupy-cuda12x": "14.2.0"}, {"cupy-cuda13x": "14.2.0"}
ASK = "Ask the batch system for one (SLURM: --gpus-per-node=1, PBS: ngpus=1, LSF: -gpu num=1)"
NO_DRIVER = "this machine has no NVIDIA driver (libcuda.so.1 is not found)"
ELSEWHERE = (
    "Run on a machine with an NVIDIA GPU; a container must be given it (docker run --gpus all, apptainer "
    "exec --nv)."
)

STATES = {
    "no driver": (Machine(None, CUPY12), f"{NO_DRIVER}. {ELSEWHERE}"),
    "neither driver nor CuPy": (
        Machine(),
        f"{NO_DRIVER}, and CuPy is not installed. {ELSEWHERE} Install it: pip install 'hpcfit[cuda12]'",
    ),
    "no CuPy, CUDA 12": (
        Machine(FINE),
        "CuPy is not installed. Install it: pip install 'hpcfit[cuda12]'",
    ),
    "no CuPy, CUDA 13": (
        Machine(Driver((13, 0), "580.65", (H200,))),
        "CuPy is not installed. Install it: pip install 'hpcfit[cuda13]'",
    ),
    "no CuPy, CUDA 13, a device that CUDA 13 does not know": (
        Machine(Driver((13, 0), "580.65", (V100,))),
        "CuPy is not installed. Install it: pip install 'hpcfit[cuda12]'",
    ),
    "CuPy for a newer CUDA than the driver's": (
        Machine(Driver((12, 4), "550.54", (H200,)), CUPY13),
        "CuPy is for CUDA 13 (cupy-cuda13x 14.2.0), and the NVIDIA driver 550.54 knows CUDA 12.4 at most. "
        "Install another one: pip uninstall -y cupy-cuda13x && pip install 'hpcfit[cuda12]'; or have driver "
        "580 or a newer one installed.",
    ),
    "CuPy for an old CUDA": (
        Machine(FINE, {"cupy-cuda11x": "13.6.0"}),
        "CuPy is for CUDA 11 (cupy-cuda11x 13.6.0), and CUDA 12.0 is needed. Install another one: pip "
        "uninstall -y cupy-cuda11x && pip install 'hpcfit[cuda12]'",
    ),
    "CuPy for AMD": (
        Machine(FINE, {"cupy-rocm-7-0": "14.0.1"}),
        "CuPy is one for AMD's GPUs (cupy-rocm-7-0 14.0.1). Install another one: pip uninstall -y "
        "cupy-rocm-7-0 && pip install 'hpcfit[cuda12]'",
    ),
    "an old CuPy": (
        Machine(FINE, {"cupy-cuda12x": "12.3.0"}),
        "CuPy is too old (cupy-cuda12x 12.3.0), and 13.3 is needed. Install a newer one: pip install "
        "--upgrade cupy-cuda12x",
    ),
    "two CuPy": (
        Machine(FINE, {**CUPY12, **CUPY13}),
        "several packages of CuPy are installed (cupy-cuda12x 14.2.0, cupy-cuda13x 14.2.0), which overwrite "
        "each other. Keep one: pip uninstall -y cupy-cuda12x cupy-cuda13x && pip install 'hpcfit[cuda12]'",
    ),
    "a driver too old": (
        Machine(Driver((11, 4), "470.57.02", (V100,)), CUPY12),
        "the NVIDIA driver 470.57.02 knows CUDA 11.4 at most, and CUDA 12.0 is needed. Have driver 525 or a "
        "newer one installed.",
    ),
    "a driver that fails": (
        Machine(Driver((12, 8), "570.86.15", (), "error 803, driver/library version mismatch"), CUPY12),
        "the NVIDIA driver does not work (error 803, driver/library version mismatch). Look at what "
        "nvidia-smi says; after an update of the driver, the machine must be started anew.",
    ),
    "no device": (
        Machine(Driver((12, 8), "570.86.15"), CUPY12),
        f"the NVIDIA driver finds no device. {ASK}, and look at nvidia-smi -L.",
    ),
    "no device visible": (
        Machine(Driver((12, 8), "570.86.15"), CUPY12, visible="NoDevFiles"),
        f'no device is visible, for CUDA_VISIBLE_DEVICES is "NoDevFiles". {ASK}, or set the variable to '
        "numbers "
        "that nvidia-smi -L lists.",
    ),
    "a device too old for CuPy's CUDA, but not for another": (
        Machine(Driver((13, 0), "580.65", (H200, V100)), CUPY13),
        "CuPy for CUDA 13 (cupy-cuda13x 14.2.0) computes on devices of compute capability 7.5 or newer, and "
        "Tesla V100 has 7.0. Install another one: pip uninstall -y cupy-cuda13x && pip install "
        "'hpcfit[cuda12]'",
    ),
    "a device too old": (
        Machine(Driver((12, 2), "535.1", (K80,)), CUPY12),
        "CuPy for CUDA 12 (cupy-cuda12x 14.2.0) computes on devices of compute capability 5.0 or newer, and "
        "Tesla "
        'K80 has 3.7. Run on a newer device, or with run.device = "cpu".',
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_cuda_is_refused_with_what_is_missing_and_how_to_get_it(state: str) -> None:
    machine, sentence = STATES[state]
    with pytest.raises(NoDevice) as caught:
        choose("cuda", 0, machine)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("state", STATES)
def test_auto_takes_the_processor_and_knows_why(state: str) -> None:
    machine, sentence = STATES[state]
    choice = choose("auto", 0, machine)
    assert choice.card is None
    assert str(choice.missing) == sentence
    assert choice.missing is not None
    assert 5 < len(choice.missing.label) < 40


@pytest.mark.parametrize(
    "machine",
    [
        Machine(FINE, CUPY12),
        Machine(Driver((13, 0), "580.65", (H200,)), CUPY12),
        Machine(Driver((13, 0), "580.65", (H200,)), CUPY13),
        Machine(FINE, {"cupy": "14.2.0"}),
        Machine(FINE, {"cupy": ""}),
        Machine(FINE, {"cupy-cuda12x": "unknown"}),
    ],
)
def test_with_driver_device_and_cupy_nothing_is_missing(machine: Machine) -> None:
    assert missing_parts(machine) == []
    assert choose("auto", 0, machine) == choose("cuda", 0, machine) == Choice(H200, 0)
    assert choose("cpu", 0, machine) == Choice()


def test_the_processor_needs_nothing_and_is_asked_nothing() -> None:
    assert choose("cpu", 3, Machine()) == Choice()


def test_local_ranks_take_the_visible_devices_in_turn() -> None:
    cards = (H200, V100, K80)
    machine = Machine(Driver((12, 8), "", (*cards[:2],)), CUPY12)
    assert [choose("cuda", local, machine).number for local in range(5)] == [0, 1, 0, 1, 0]
    assert choose("cuda", 3, machine).card == V100


def test_a_list_is_by_local_rank_and_its_last_entry_holds_for_all_further_ones() -> None:
    machine = Machine(Driver((12, 8), "", (H200, V100)), CUPY12)
    taken = [choose(["cpu", "cuda", "cuda", "cpu"], local, machine) for local in range(6)]
    assert [each.card for each in taken] == [None, H200, V100, None, None, None]
    with pytest.raises(NoDevice):
        choose(["cpu", "cuda"], 7, Machine(None, CUPY12))
    assert choose(["cuda", "cpu"], 7, Machine(None, CUPY12)) == Choice()


def test_a_device_that_is_weak_in_double_precision_is_told_of() -> None:
    gaming = Card("NVIDIA GeForce RTX 4090", 24 * 2**30, (8, 9), 64)
    assert weaknesses(gaming) == [
        "NVIDIA GeForce RTX 4090 is 64 times slower in double precision, which fits need, than in single. "
        "Compare "
        'the times with those of run.device = "cpu".'
    ]
    assert weaknesses(H200) == []


def test_memory_that_others_hold_is_told_of() -> None:
    assert taken_by_others(H200, 140 * 2**30) is None
    assert taken_by_others(H200, 12 * 2**30) == (
        "NVIDIA H200 has 12.0 GiB of 141.0 GiB free, the rest is held by other programs (nvidia-smi lists "
        "them). Data that do not fit are streamed, which takes longer."
    )


class CudaError(RuntimeError):
    """As CuPy's."""

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


FAILURES = {
    "not importable": (
        ImportError("numpy.core.multiarray failed to import\nmore of it"),
        "CuPy is installed but cannot be imported (numpy.core.multiarray failed to import). Install it "
        "anew, beside the NumPy that is there: pip install --force-reinstall --no-deps PACKAGE, where "
        "PACKAGE is the one that pip list shows.",
    ),
    "not importable, in CuPy's frame": (
        ImportError(
            f"\n{'=' * 64}\nFailed to import CuPy.\n\nIf you installed CuPy via wheels, ...\n\nOriginal "
            f"error:\n  ImportError: numpy.core.multiarray failed to import\n{'=' * 64}\n"
        ),
        "CuPy is installed but cannot be imported (ImportError: numpy.core.multiarray failed to import). "
        "Install it anew, beside the NumPy that is there: pip install --force-reinstall --no-deps PACKAGE, "
        "where PACKAGE is the one that pip list shows.",
    ),
    "memory taken": (
        CudaError("cudaErrorMemoryAllocation: out of memory", 2),
        "NVIDIA H200 (0) has no memory left (cudaErrorMemoryAllocation: out of memory): other programs hold "
        "it. Look who does by nvidia-smi; wait for them, or choose another device by CUDA_VISIBLE_DEVICES.",
    ),
    "no room for the driver": (
        OutOfDeviceMemory("device 0: there is no memory left for its driver. Use more devices."),
        "NVIDIA H200 (0) has no memory left (device 0: there is no memory left for its driver. Use more "
        "devices): other programs hold it. Look who does by nvidia-smi; wait for them, or choose another "
        "device by CUDA_VISIBLE_DEVICES.",
    ),
    "in use": (
        CudaError("cudaErrorDevicesUnavailable: all CUDA-capable devices are busy or unavailable", 46),
        "NVIDIA H200 (0) is in use (cudaErrorDevicesUnavailable: all CUDA-capable devices are busy or "
        "unavailable), by another program or another rank, and set to serve one at a time. Start one rank "
        "for each device, or CUDA's MPS, which lets several share it (docs/gpu.md).",
    ),
    "no compiler": (
        RuntimeError("Failed to find NVRTC: libnvrtc.so.12: cannot open shared object file."),
        "CuPy finds no NVRTC, the compiler of CUDA (Failed to find NVRTC: libnvrtc.so.12: cannot open "
        "shared object file). Install it (pip install nvidia-cuda-nvrtc-cu12, for CUDA 13 pip install "
        "nvidia-cuda-nvrtc), or load the machine's module of the CUDA toolkit.",
    ),
    "anything else": (
        CudaError("cudaErrorECCUncorrectable: uncorrectable ECC error encountered", 214),
        "NVIDIA H200 (0) cannot be used (CudaError: cudaErrorECCUncorrectable: uncorrectable ECC error "
        "encountered). Look at what nvidia-smi says of it.",
    ),
}


def test_a_compiler_that_is_missing_is_told_of_on_devices_for_one_process_too() -> None:
    for error in (FAILURES["no compiler"][0], ImportError("libnvrtc.so.12: cannot open shared object file")):

        def make(number: int, error: Exception = error) -> object:
            raise error

        with pytest.raises(NoDevice, match=r"^CuPy finds no NVRTC"):
            open_device(Choice(replace(H200, exclusive=True), 0), make)  # type: ignore[arg-type]


@pytest.mark.parametrize("failure", FAILURES)
def test_a_device_that_cannot_be_opened_says_why(failure: str) -> None:
    error, sentence = FAILURES[failure]

    def make(number: int) -> object:
        raise error

    with pytest.raises(NoDevice) as caught:
        open_device(Choice(H200, 0), make)  # type: ignore[arg-type]
    assert str(caught.value) == sentence
