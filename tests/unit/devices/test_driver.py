"""What is asked of NVIDIA's driver, with a library that answers as a given machine's would."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import pytest

from hpcfit.devices import driver, machine
from hpcfit.devices.driver import Card, Driver, find_driver

ATTRIBUTES = {75: 9, 76: 0, 87: 2, 20: 0}


class Library:
    """As libcuda.so.1, with the cards it is given."""

    def __init__(self, names: list[str], version: int = 12080, status: int = 0, mode: int = 0) -> None:
        self.names, self.version, self.status = names, version, status
        self.attributes = {**ATTRIBUTES, 20: mode}

    def cuInit(self, flags: int) -> int:
        return self.status

    def cuDriverGetVersion(self, version: Any) -> int:
        version._obj.value = self.version
        return 0

    def cuDeviceGetCount(self, count: Any) -> int:
        count._obj.value = len(self.names)
        return 0

    def cuDeviceGet(self, device: Any, number: int) -> int:
        device._obj.value = number
        return 0

    def cuDeviceGetName(self, name: Any, length: int, device: ctypes.c_int) -> int:
        name.value = self.names[device.value].encode()
        return 0

    def cuDeviceTotalMem_v2(self, memory: Any, device: ctypes.c_int) -> int:
        memory._obj.value = 80 * 2**30
        return 0

    def cuDeviceGetUuid(self, identity: Any, device: ctypes.c_int) -> int:
        identity._obj[15] = 10 + device.value
        return 0

    def cuDeviceGetAttribute(self, value: Any, which: int, device: ctypes.c_int) -> int:
        value._obj.value = self.attributes[which]
        return 0

    def cuGetErrorString(self, status: int, text: Any) -> int:
        text._obj.value = b"system has unsupported display driver / cuda driver combination"
        return 0


@pytest.fixture(autouse=True)
def release(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "version").write_text(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build  (root@host)\n"
    )
    monkeypatch.setattr(driver, "_RELEASE", tmp_path / "version")


def test_a_driver_tells_its_version_and_the_devices_it_shows() -> None:
    found = find_driver(lambda name: Library(["NVIDIA H100 80GB HBM3", "NVIDIA A100"]))
    cards = [
        Card(name, 80 * 2**30, (9, 0), 2, f"{'00' * 15}{identity}", False)
        for name, identity in (("NVIDIA H100 80GB HBM3", "0a"), ("NVIDIA A100", "0b"))
    ]
    assert found == Driver((12, 8), "570.86.15", tuple(cards))


def test_a_device_that_serves_one_process_at_a_time_is_known_as_such() -> None:
    found = find_driver(lambda name: Library(["NVIDIA A100"], mode=3))
    assert found is not None
    assert [card.exclusive for card in found.cards] == [True]


def test_no_library_is_no_driver() -> None:
    def load(name: str) -> Any:
        raise OSError(f"{name}: cannot open shared object file")

    assert find_driver(load) is None


def test_a_driver_without_a_device_works() -> None:
    assert find_driver(lambda name: Library([], status=100)) == Driver((12, 8), "570.86.15")


def test_a_driver_that_fails_says_why() -> None:
    text = "error 803, system has unsupported display driver / cuda driver combination"
    assert find_driver(lambda name: Library(["a"], status=803)) == Driver((12, 8), "570.86.15", fault=text)


def test_a_release_that_the_system_does_not_tell_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(driver, "_RELEASE", tmp_path / "nothing")
    assert find_driver(lambda name: Library([])) == Driver((12, 8))


def test_packages_of_cupy_are_found_without_importing_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name != "cupy-cuda12x":
            raise machine.metadata.PackageNotFoundError(name)
        return "14.2.0"

    monkeypatch.setattr(machine.metadata, "version", version)
    monkeypatch.setattr(machine, "find_driver", lambda: None)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert machine.find_machine() == machine.Machine(None, {"cupy-cuda12x": "14.2.0"}, "1")


@pytest.mark.parametrize(("spec", "expected"), [(None, {}), (object(), {"cupy": ""})])
def test_a_cupy_of_no_package_counts_when_it_could_be_imported(
    spec: object, expected: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        raise machine.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(machine.metadata, "version", version)
    monkeypatch.setattr(machine.importlib.util, "find_spec", lambda name: spec)
    monkeypatch.setattr(machine, "find_driver", lambda: None)
    assert machine.find_machine().packages == expected
