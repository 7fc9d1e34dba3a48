"""A device opened for use, or in words why that fails: what only shows when CuPy is imported and asked."""

from __future__ import annotations

from collections.abc import Callable

from hpcfit.devices.choice import Choice
from hpcfit.devices.device import Device, OutOfDeviceMemory
from hpcfit.devices.driver import Card
from hpcfit.devices.missing import Missing, NoDevice

#: of the CUDA runtime and of the driver, which number these alike
_NO_MEMORY, _IN_USE = 2, 46
#: memory of a card below which programs of others are named
_MUCH_TAKEN = 0.5


def open_device(choice: Choice, make: Callable[[int], Device] | None = None) -> Device:
    """The device of a choice that names one.

    Args:
        make: makes the device of a number; CuPy's by default.

    Raises:
        NoDevice: CuPy or the device cannot be used.
    """
    assert choice.card is not None
    name = f"{choice.card.name} ({choice.number})"
    try:
        return (make or _cuda_device)(choice.number)
    except ImportError as error:
        raise NoDevice(_no_compiler(error) if _lacks_compiler(error) else _not_imported(error)) from error
    except Exception as error:
        raise NoDevice(_not_opened(name, choice.card, error)) from error


def taken_by_others(card: Card, free: int) -> str | None:
    """A sentence on a card whose memory is held by others; `free` in bytes."""
    if free > _MUCH_TAKEN * card.memory:
        return None
    return (
        f"{card.name} has {free / 2**30:.1f} GiB of {card.memory / 2**30:.1f} GiB free, the rest is held by "
        "other programs (nvidia-smi lists them). Data that do not fit are streamed, which takes longer."
    )


def _cuda_device(number: int) -> Device:
    from hpcfit.devices.cuda import CudaDevice

    device = CudaDevice(number)
    assert device.facts["nvrtc"]  # asked for now, so that a compiler that is missing is told of here
    return device


def _not_imported(error: ImportError) -> Missing:
    first = _first_line(error)
    return Missing(
        "CuPy cannot be imported",
        f"CuPy is installed but cannot be imported ({first})",
        "Install it anew, beside the NumPy that is there: pip install --force-reinstall --no-deps PACKAGE, "
        "where PACKAGE is the one that pip list shows.",
    )


def _not_opened(name: str, card: Card, error: Exception) -> Missing:
    status, first = getattr(error, "status", None), _first_line(error)
    if status == _NO_MEMORY or isinstance(error, OutOfDeviceMemory):
        return Missing(
            "no memory on the device",
            f"{name} has no memory left ({first}): other programs hold it",
            "Look who does by nvidia-smi; wait for them, or choose another device by CUDA_VISIBLE_DEVICES.",
        )
    if _lacks_compiler(error):
        return _no_compiler(error)
    if status == _IN_USE or card.exclusive:
        return Missing(
            "the device is in use",
            f"{name} is in use ({first}), by another program or another rank, and set to serve one at a time",
            "Start one rank for each device, or CUDA's MPS, which lets several share it (docs/gpu.md).",
        )
    return Missing(
        "the device does not work",
        f"{name} cannot be used ({type(error).__name__}: {first})",
        "Look at what nvidia-smi says of it.",
    )


def _lacks_compiler(error: Exception) -> bool:
    return "nvrtc" in str(error).lower()


def _no_compiler(error: Exception) -> Missing:
    return Missing(
        "no CUDA compiler",
        f"CuPy finds no NVRTC, the compiler of CUDA ({_first_line(error)})",
        "Install it (pip install nvidia-cuda-nvrtc-cu12, for CUDA 13 pip install nvidia-cuda-nvrtc), or "
        "load the machine's module of the CUDA toolkit.",
    )


def _first_line(error: BaseException) -> str:
    """What an error says first; of what keeps CuPy from being imported it first draws a line and advises."""
    text = str(error).strip()
    _, found, original = text.partition("Original error:")
    lines = [line.strip() for line in (original if found else text).splitlines()]
    return next((line.rstrip(".") for line in lines if line.strip("=")), type(error).__name__)
