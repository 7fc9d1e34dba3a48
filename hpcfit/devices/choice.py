"""On what a rank computes: its device among those that its machine shows it, or the processor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hpcfit.devices.driver import Card
from hpcfit.devices.machine import Machine
from hpcfit.devices.missing import Missing, NoDevice, missing_parts, one_of

Wanted = Literal["auto", "cpu", "cuda"]


@dataclass(frozen=True)
class Choice:
    """What a rank takes.

    Attributes:
        card: the device; None for the processor.
        number: of the device, as CUDA counts the visible ones.
        missing: why it is the processor, where "auto" would have taken a device.
    """

    card: Card | None = None
    number: int = 0
    missing: Missing | None = None


def wanted_by(device: str | Sequence[str], local: int) -> str:
    """What `run.device` says for a rank by its number on its machine; a list's last entry holds for more."""
    return device if isinstance(device, str) else device[min(local, len(device) - 1)]


def choose(device: str | Sequence[str], local: int, machine: Machine) -> Choice:
    """Ranks of a machine take its visible devices in turn.

    Args:
        device: "auto", "cpu" or "cuda", or one of them for each local rank.
        local: this rank's number on its machine.

    Raises:
        NoDevice: "cuda", and something is missing for it.
    """
    wanted = wanted_by(device, local)
    if wanted == "cpu":
        return Choice()
    parts = missing_parts(machine)
    if parts:
        missing = one_of(parts)
        if wanted == "cuda":
            raise NoDevice(missing)
        return Choice(missing=missing)
    assert machine.driver is not None
    cards = machine.driver.cards
    before = sum(wanted_by(device, other) != "cpu" for other in range(local))
    return Choice(cards[before % len(cards)], before % len(cards))
