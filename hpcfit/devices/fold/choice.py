"""Which way of folding is used."""

from __future__ import annotations

from hpcfit.devices.device import Device
from hpcfit.devices.fold.folding import WIDE, Folding
from hpcfit.devices.fold.householder import HouseholderFolding
from hpcfit.devices.fold.library import LibraryFolding


def folding_for(device: Device, width: int) -> Folding:
    """The usual way of folding for so many columns of [J | r]."""
    return HouseholderFolding(device, width) if width < WIDE else LibraryFolding(device, width)
