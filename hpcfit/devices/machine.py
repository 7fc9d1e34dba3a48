"""What there is to compute on besides the processor: driver, devices, CuPy; found without importing CuPy."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata

from hpcfit.devices.driver import Driver, find_driver

#: the packages that bring CuPy, with the CUDA each is for; None where the name does not tell
PACKAGES: Mapping[str, int | None] = {
    "cupy-cuda11x": 11,
    "cupy-cuda12x": 12,
    "cupy-cuda13x": 13,
    "cupy": None,
    "cupy-rocm-4-3": 0,
    "cupy-rocm-5-0": 0,
    "cupy-rocm-7-0": 0,
    "cupy-rocm-7-1": 0,
    "cupy-rocm-7-14": 0,
    "amd-cupy": 0,
}


@dataclass(frozen=True)
class Machine:
    """Of this machine, as this process sees it.

    Attributes:
        driver: NVIDIA's; None where there is none.
        packages: versions of the installed packages that bring CuPy, by name; "" where none is known though
            CuPy can be imported.
        visible: CUDA_VISIBLE_DEVICES, None where it is not set.
    """

    driver: Driver | None = None
    packages: Mapping[str, str] = field(default_factory=dict)
    visible: str | None = None


def find_machine() -> Machine:
    """What is there now."""
    return Machine(find_driver(), _packages(), os.environ.get("CUDA_VISIBLE_DEVICES"))


def _packages() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    if not found and importlib.util.find_spec("cupy") is not None:
        return {"cupy": ""}
    return found
