"""What the user says of a chain, and the temperature that follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hpcfit.analysis.linearized import Linearized
from hpcfit.errors import RunError

_TEMPERATURES = (
    'temperature {given}: write a number above 0, "sloppy" for 2 C0/p, or "residuals" for the variance of '
    "the residuals, of which standard errors are made."
)


@dataclass(frozen=True)
class Settings:
    """Of a chain; what is None is chosen by the number of parameters or of steps.

    Attributes:
        temperature: a number, "residuals" or "sloppy".
        burn_in: steps that are left out of what is told.
        thin: every so many steps, one is kept.
        restart: whatever an earlier command has left.
    """

    steps: int = 2000
    walkers: int | None = None
    burn_in: int | None = None
    thin: int = 1
    seed: int = 0
    temperature: str = "residuals"
    restart: bool = False

    def walkers_for(self, parameters: int) -> int:
        """How many walkers there are.

        Raises:
            RunError: too few for these parameters, or an odd number.
        """
        if self.walkers is None:
            return max(32, 4 * parameters)
        if self.walkers < 2 * parameters or self.walkers % 2:
            raise RunError(
                f"walkers {self.walkers}: {parameters} parameters need an even number of at least "
                f"{2 * parameters}, better of {max(32, 4 * parameters)}."
            )
        return self.walkers

    @property
    def burned(self) -> int:
        """Kept samples of each walker that are left out.

        Raises:
            RunError: none would be left.
        """
        burn_in = self.steps // 4 if self.burn_in is None else self.burn_in
        if self.steps // self.thin - burn_in // self.thin < 4:
            raise RunError(
                f"steps {self.steps}: with a burn-in of {burn_in} steps and thin {self.thin} too few "
                "samples are left; take more steps."
            )
        return burn_in // self.thin

    def temperature_of(self, linearized: Linearized) -> float:
        """T of exp(-L/T).

        Raises:
            RunError: neither a number above 0 nor one of the words, or none that follows from this fit.
        """
        if self.temperature == "sloppy":
            found = linearized.cost / len(linearized.labels)
        elif self.temperature == "residuals":
            found = linearized.variance
        else:
            try:
                found = float(self.temperature)
            except ValueError:
                found = -1.0
            if not 0.0 < found < float("inf"):
                raise RunError(_TEMPERATURES.format(given=self.temperature))
        if not found > 0.0:
            raise RunError(
                f"temperature {self.temperature}: no temperature follows from this fit, whose loss is "
                f"{0.5 * linearized.cost:.6g} with {linearized.freedom} degrees of freedom. Give a number."
            )
        return found

    def identity(self, walkers: int, temperature: float) -> Mapping[str, Any]:
        """What a chain depends on, by the option that changes it."""
        return {
            "walkers": walkers,
            "thin": self.thin,
            "seed": self.seed,
            "temperature": temperature,
        }
