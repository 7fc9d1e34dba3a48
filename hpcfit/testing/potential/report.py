"""What the checks of a potential found out beside that nothing is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hpcfit.testing.potential.cutoff import Jump


@dataclass(frozen=True)
class PotentialReport:
    """Of one list of species.

    Attributes:
        name: the potential and its species.
        distance: typical distance of neighbours in the structures, angstrom.
        deviations: the largest deviation found for each promise, over the scale of its quantity.
        not_moved: parameters that stand at a bound, whose derivatives were not compared with differences.
        jumps: where force or energy jumps at a cutoff.
    """

    name: str
    distance: float
    deviations: Mapping[str, float]
    not_moved: tuple[str, ...]
    jumps: tuple[Jump, ...]

    def __str__(self) -> str:
        lines = [f"{self.name}: nothing is wrong (neighbours at about {self.distance:.3g} angstrom)"]
        lines += [f"  {promise:12} {value:.1e}" for promise, value in self.deviations.items()]
        lines += [f"  not moved: {', '.join(self.not_moved)} (at a bound)"] if self.not_moved else []
        lines += [f"  {_told(jump)}" for jump in self.jumps]
        return "\n".join(lines)


def _told(jump: Jump) -> str:
    energy = f"the energy jumps by {jump.energy:.2e} eV, " if jump.energy else ""
    where = f"{jump.probe}: at the cutoff of {jump.cutoff:.6g} angstrom"
    return f"{where} {energy}the force jumps by {jump.force:.2e} eV/angstrom"
