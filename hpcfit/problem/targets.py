"""Which quantities a fit compares with references."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Targets:
    """The quantities that are fitted."""

    energy: bool = True
    forces: bool = True
    stress: bool = False
