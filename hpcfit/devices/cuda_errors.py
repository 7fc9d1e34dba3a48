"""What errors of CUDA mean: there is no memory, the driver does not take code, or the device has failed."""

from __future__ import annotations

from hpcfit.devices.device import DeviceError, DeviceFault, OutOfDeviceMemory
from hpcfit.errors import HpcfitError, KernelError

#: CuPy's classes of errors of CUDA's runtime and driver, and of its libraries
_OF_CUDA = ("CUDARuntimeError", "CUDADriverError")
_OF_LIBRARIES = ("CUBLASError", "CUSOLVERError")
#: how they say that there is no memory; a library whose handle finds none says that it is not initialized
_NO_MEMORY = (
    "cudaErrorMemoryAllocation",
    "CUDA_ERROR_OUT_OF_MEMORY",
    "STATUS_ALLOC_FAILED",
    "STATUS_NOT_INITIALIZED",
)
#: that code is for other devices, or of a compiler that is newer than the driver
_NOT_TAKEN = (
    *("NO_BINARY_FOR_GPU", "INVALID_PTX", "UNSUPPORTED_PTX", "INVALID_IMAGE"),
    *("NoKernelImageForDevice", "InvalidPtx", "UnsupportedPtx", "InvalidKernelImage"),
)


def meaning_of(error: Exception, device: str, wanted: str) -> HpcfitError | None:
    """The error that users see; None for what is no error of CUDA.

    Args:
        device: its name.
        wanted: what there was to be memory for.
    """
    kind, text = type(error).__name__, str(error)
    known = kind in _OF_CUDA or kind in _OF_LIBRARIES
    if kind == "OutOfMemoryError" or (known and any(words in text for words in _NO_MEMORY)):
        return OutOfDeviceMemory(
            f"device {device}: there is no memory left for {wanted}. Use more devices, or let fewer ranks "
            "share one."
        )
    if kind in _OF_LIBRARIES:
        return DeviceError(f"device {device}: NVIDIA's library of linear algebra has failed ({text}).")
    if kind not in _OF_CUDA:
        return None
    if any(words in text for words in _NOT_TAKEN):
        return KernelError(
            f"device {device}: its driver does not take what the CUDA compiler has made ({text}). Have a "
            "newer driver installed, or let CuPy find the NVRTC of the CUDA that nvidia-smi shows."
        )
    return DeviceFault(
        f"device {device} has failed ({text}). What a run has written is valid, and the same command goes on "
        "from its last checkpoint. nvidia-smi -q and the system's log (dmesg, lines with Xid) tell of faults "
        "of the device; where they know of none, a kernel is at fault: a plugin's, or one of hpcfit's own, "
        "which please report."
    )
