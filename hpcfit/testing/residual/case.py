"""The arguments of a residual function for one configuration and one choice of targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.data import QUANTITIES, Configuration
from hpcfit.errors import HpcfitError
from hpcfit.residuals import WeightView
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.potential.wording import element
from hpcfit.weights import ConfigurationWeight

FloatArray = NDArray[np.float64]

#: what is fitted: energies alone, forces alone, both, and stress besides
TARGETS: tuple[tuple[str, ...], ...] = (
    ("energy",),
    ("forces",),
    ("energy", "forces"),
    ("energy", "forces", "stress"),
)


@dataclass(frozen=True)
class Case:
    """A function and all its arguments but the prediction.

    Attributes:
        targets: those whose references the configuration has.
        reference: (m,).
        rows: of the configuration's 7 + 3 natoms rows, those present, shape (m,).
    """

    function: Any
    name: str
    configuration: Configuration
    targets: tuple[str, ...]
    weight: WeightView
    reference: FloatArray
    rows: NDArray[np.int64]
    data: Mapping[str, Any]

    @property
    def where(self) -> str:
        """How messages begin."""
        return f"{self.name}, configuration {self.configuration.identifier!r} with {', '.join(self.targets)}"

    def call(self, prediction: NDArray[Any]) -> Any:
        """What the function returns; it gets copies of all arrays.

        Raises:
            ConformanceError: it raises an exception, or changes an argument other than the prediction.
        """
        reference, data = self.reference.copy(), deepcopy(dict(self.data))
        weight = replace(self.weight, vector=self.weight.vector.copy())
        identifier, natoms = self.configuration.identifier, self.configuration.natoms
        try:
            with np.errstate(all="ignore"):
                found = self.function(identifier, natoms, weight, prediction.copy(), reference, data)
        except HpcfitError:
            raise
        except Exception as error:
            raise ConformanceError(f"{self.where}: it raised {type(error).__name__}: {error}") from error
        self._check_untouched(reference, weight, data)
        return found

    def element(self, index: int) -> str:
        """What an element of prediction and reference is."""
        return element(self.configuration, int(self.rows[index]))

    def near(self, random: np.random.Generator, size: float) -> FloatArray:
        """A prediction that is `size` away from the reference, in units of its elements or of one."""
        scale = np.maximum(np.abs(self.reference), 1.0)
        return self.reference + size * scale * random.normal(size=len(self.reference))

    def _check_untouched(self, reference: FloatArray, weight: WeightView, data: dict[str, Any]) -> None:
        for what, changed in (
            ("reference", not np.array_equal(reference, self.reference)),
            ("weight.vector", not np.array_equal(weight.vector, self.weight.vector)),
            ("data", repr(data) != repr(dict(self.data))),
        ):
            if changed:
                raise ConformanceError(
                    f"{self.where}: it changes its argument {what}; only prediction may be changed. Work on "
                    "a copy."
                )


def cases(
    function: Any,
    name: str,
    configurations: Sequence[Configuration],
    targets: Sequence[Sequence[str]],
    data: Mapping[str, Any],
) -> Iterator[Case]:
    """Each configuration with each choice of targets of which it has a reference."""
    for configuration in configurations:
        weight = _weight(configuration)
        for chosen in targets:
            present = tuple(q for q in QUANTITIES if q in chosen and getattr(configuration, q) is not None)
            if not present:
                continue
            flags = ("energy" in present, "forces" in present, "stress" in present)
            rows = np.flatnonzero(np.repeat(np.array(flags), (1, 3 * configuration.natoms, 6)))
            vector = weight.vector(configuration.natoms)
            view = WeightView.of(weight, vector, configuration, flags)
            reference = _references(configuration)[rows]
            yield Case(function, name, configuration, present, view, reference, rows, data)


def _weight(configuration: Configuration) -> ConfigurationWeight:
    """Different for every quantity and atom, so that a mix-up of rows shows."""
    forces = np.linspace(0.4, 0.9, configuration.natoms)
    return ConfigurationWeight(config=1.3, energy=2.0, forces=forces, stress=0.7)


def _references(configuration: Configuration) -> FloatArray:
    n = configuration.natoms
    full = np.full(7 + 3 * n, np.nan)
    if configuration.energy is not None:
        full[0] = configuration.energy
    if configuration.forces is not None:
        full[1 : 1 + 3 * n] = configuration.forces.ravel()
    if configuration.stress is not None:
        full[-6:] = configuration.stress
    return full
