"""What NVIDIA's driver tells of this machine, asked of its library itself.

That needs neither CuPy nor a CUDA toolkit, takes milliseconds, and touches no device: no context is made.
The driver looks at CUDA_VISIBLE_DEVICES itself, so the devices below are those that this process may use.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIBRARY = "libcuda.so.1"
#: attributes of a device, by their numbers in cuda.h
_COMPUTE_MODE, _MAJOR, _MINOR, _SINGLE_TO_DOUBLE = 20, 75, 76, 87
_EXCLUSIVE = 3
_NO_DEVICE = 100
_RELEASE = Path("/proc/driver/nvidia/version")


@dataclass(frozen=True)
class Card:
    """A device that this process may use.

    Attributes:
        memory: in bytes.
        capability: compute capability, such as (9, 0).
        slow_doubles: how many times as fast it is in single precision as in double.
        identity: tells it from all others of all machines.
        exclusive: only one process at a time may use it.
    """

    name: str
    memory: int
    capability: tuple[int, int] = (9, 0)
    slow_doubles: int = 2
    identity: str = ""
    exclusive: bool = False


@dataclass(frozen=True)
class Driver:
    """NVIDIA's driver.

    Attributes:
        cuda: the newest CUDA it knows, such as (12, 8).
        release: such as "570.86.15"; "" where the system does not tell.
        cards: the visible devices, in the order in which CUDA counts them.
        fault: why it does not work, in its words; "" where it does, also without any device.
    """

    cuda: tuple[int, int]
    release: str = ""
    cards: tuple[Card, ...] = ()
    fault: str = ""


def find_driver(load: Callable[[str], Any] = ctypes.CDLL) -> Driver | None:
    """The driver of this machine; None where there is none.

    Args:
        load: loads a library by name, OSError where there is none.
    """
    try:
        library = load(LIBRARY)
    except OSError:
        return None
    version = ctypes.c_int(0)
    library.cuDriverGetVersion(ctypes.byref(version))
    cuda = (version.value // 1000, version.value % 1000 // 10)
    status = library.cuInit(0)
    if status == _NO_DEVICE:
        return Driver(cuda, _release())
    if status:
        return Driver(cuda, _release(), fault=_error_text(library, status))
    count = ctypes.c_int(0)
    library.cuDeviceGetCount(ctypes.byref(count))
    return Driver(cuda, _release(), tuple(_card(library, number) for number in range(count.value)))


def _card(library: Any, number: int) -> Card:
    device, memory = ctypes.c_int(0), ctypes.c_size_t(0)
    name, identity = ctypes.create_string_buffer(256), (ctypes.c_ubyte * 16)()
    library.cuDeviceGet(ctypes.byref(device), number)
    library.cuDeviceGetName(name, len(name), device)
    library.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    # Of a part of a card (MIG), only the newer one tells its own.
    uuid = getattr(library, "cuDeviceGetUuid_v2", None) or library.cuDeviceGetUuid
    uuid(ctypes.byref(identity), device)

    def attribute(which: int) -> int:
        value = ctypes.c_int(0)
        library.cuDeviceGetAttribute(ctypes.byref(value), which, device)
        return value.value

    return Card(
        name=name.value.decode("utf-8", "replace"),
        memory=int(memory.value),
        capability=(attribute(_MAJOR), attribute(_MINOR)),
        slow_doubles=attribute(_SINGLE_TO_DOUBLE),
        identity=bytes(identity).hex(),
        exclusive=attribute(_COMPUTE_MODE) == _EXCLUSIVE,
    )


def _error_text(library: Any, status: int) -> str:
    text = ctypes.c_char_p()
    library.cuGetErrorString(status, ctypes.byref(text))
    told = "" if text.value is None else f", {text.value.decode('utf-8', 'replace')}"
    return f"error {status}{told}"


def _release() -> str:
    """Of the kernel module, which says "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.86.15  ..."."""
    try:
        words = _RELEASE.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        return ""
    return next((word for word in words if word[0].isdigit() and word.replace(".", "").isdigit()), "")
