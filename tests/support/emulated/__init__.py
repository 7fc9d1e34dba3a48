"""A stand-in for a graphics card: the same CUDA C, compiled for the processor."""

from emulated.compiler import compiler_missing, contraction_missing
from emulated.device import HostDevice
from emulated.memory import HostArray

__all__ = ["HostArray", "HostDevice", "compiler_missing", "contraction_missing"]
