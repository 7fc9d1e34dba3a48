"""What the groups of one rank share of a device: whether all of them stay there, and what is said of it."""

from __future__ import annotations

from typing import Protocol
from weakref import WeakSet

from hpcfit.devices.device import Device


class Holder(Protocol):
    """Who has arrays on the device that it can do without."""

    def drop(self) -> object:
        """Let go of them."""


class DeviceRoom:
    """The device of a rank.

    Attributes:
        streaming: configurations are copied to the device for each evaluation, since it has no room for all.
        ahead: what is needed next is copied while something else is computed.
        notes: sentences for the log, until `take_notes`.
    """

    def __init__(self, device: Device) -> None:
        self.device = device
        self.streaming = False
        self.ahead = True
        self.notes: list[str] = []
        self._holders: WeakSet[Holder] = WeakSet()

    def join(self, holder: Holder) -> None:
        """Be among those that make room."""
        self._holders.add(holder)

    def empty(self) -> None:
        """Let everyone let go of what is on the device."""
        for holder in list(self._holders):
            holder.drop()
        self.device.release_memory()

    def stream(self) -> None:
        """From here on nothing stays on the device between evaluations."""
        self.streaming = True
        self.empty()
        self.notes.append(
            f"device {self.device.name} has no room for all configurations of a rank: they are copied to it "
            "for each evaluation, while it computes others"
        )

    def halved(self, configurations: int) -> None:
        """Say that a group was too large."""
        self.notes.append(
            f"device {self.device.name} has no room for {configurations} configurations at once: they are "
            "computed in two halves from here on"
        )

    def take_notes(self) -> list[str]:
        """What was not said yet."""
        notes, self.notes = self.notes, []
        return notes
