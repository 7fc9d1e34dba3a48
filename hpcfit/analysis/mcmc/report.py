"""What a chain says of the parameters, and how far it can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.linearized import Linearized
from hpcfit.analysis.mcmc.chain import Chain
from hpcfit.analysis.mcmc.settings import Settings
from hpcfit.analysis.mcmc.statistics import autocorrelation_times, split_rhat
from hpcfit.analysis.report import Report, Table
from hpcfit.output.summary import table

FloatArray = NDArray[np.float64]

QUANTILES = (0.025, 0.16, 0.5, 0.84, 0.975)
#: a chain is long enough at so many autocorrelation times, and its walkers agree below this R-hat
_LONG, _AGREED = 50, 1.05
_POOR = (0.1, 0.9)


@dataclass(frozen=True, eq=False)
class Mcmc(Report):
    """A chain in numbers; arrays are of the p free parameters, of their values.

    Attributes:
        fitted: values of the fit, shape (p,).
        mean, deviation: shape (p,); `covariance` (p, p).
        quantiles: of QUANTILES, shape (5, p).
        autocorrelation: integrated autocorrelation times in steps, shape (p,).
        rhat, effective: R-hat, and of how many independent samples the chain is worth, shape (p,).
        acceptance: fraction of the moves that were accepted.
        samples: of all walkers, burn-in left out.
    """

    kind: ClassVar[str] = "mcmc"
    labels: tuple[str, ...]
    fitted: FloatArray
    mean: FloatArray
    deviation: FloatArray
    covariance: FloatArray
    quantiles: FloatArray
    autocorrelation: FloatArray
    rhat: FloatArray
    effective: FloatArray
    acceptance: float
    samples: int
    steps: int
    walkers: int
    burn_in: int
    thin: int
    seed: int
    temperature: float

    @property
    def warnings(self) -> list[str]:
        """Why the numbers should not be believed yet."""
        found = []
        longest = float(np.nanmax(self.autocorrelation, initial=0.0))
        kept = self.steps - self.burn_in
        if kept < _LONG * longest:
            enough = int(np.ceil(_LONG * longest / kept * self.steps / 1000)) * 1000
            found.append(
                f"{kept} steps are only {kept / longest:.1f} autocorrelation times, fewer than {_LONG}: take "
                f"--steps {enough} or more; the chain goes on from here."
            )
        apart = [name for name, rhat in zip(self.labels, self.rhat, strict=True) if not rhat < _AGREED]
        if apart:
            found.append(f"walkers do not agree yet (R-hat of {_AGREED} or more): {', '.join(apart[:10])}")
        if not _POOR[0] <= self.acceptance <= _POOR[1]:
            found.append(
                f"{self.acceptance:.0%} of the moves were accepted, where 20 to 50 % are good: more walkers "
                "help."
            )
        return found

    def content(self) -> Mapping[str, Any]:
        """What the JSON file holds."""
        return {
            "parameters": self.labels,
            "fitted": self.fitted,
            "mean": self.mean,
            "standard_deviation": self.deviation,
            "quantiles": {f"{q:g}": row for q, row in zip(QUANTILES, self.quantiles, strict=True)},
            "covariance": self.covariance,
            "autocorrelation_time": self.autocorrelation,
            "r_hat": self.rhat,
            "effective_samples": self.effective,
            "acceptance": self.acceptance,
            "samples": self.samples,
            "steps": self.steps,
            "walkers": self.walkers,
            "burn_in": self.burn_in,
            "thin": self.thin,
            "seed": self.seed,
            "temperature": self.temperature,
            "warnings": self.warnings,
        }

    def tables(self) -> Mapping[str, Table]:
        """A row for each parameter, and the covariance."""
        head = ["parameter", "fitted", "mean", "standard_deviation", *(f"quantile_{q:g}" for q in QUANTILES)]
        columns = [self.fitted, self.mean, self.deviation, *self.quantiles]
        columns += [self.autocorrelation, self.rhat, self.effective]
        numbers = np.stack(columns, axis=1).tolist()
        rows = [[label, *row] for label, row in zip(self.labels, numbers, strict=True)]
        matrix = [[label, *row] for label, row in zip(self.labels, self.covariance.tolist(), strict=True)]
        return {
            "mcmc": Table([*head, "autocorrelation_time", "r_hat", "effective_samples"], rows),
            "mcmc_covariance": Table(["parameter", *self.labels], matrix),
        }

    def __str__(self) -> str:
        first = (
            f"{self.walkers} walkers, {self.steps} steps, of which {self.burn_in} are left out; seed "
            f"{self.seed}, temperature {self.temperature:.6g}, {self.acceptance:.0%} of the moves accepted"
        )
        head = [
            "parameter",
            "fit",
            "mean",
            "std. dev.",
            "2.5 %",
            "50 %",
            "97.5 %",
            "time",
            "R-hat",
            "samples",
        ]
        rows = []
        for k, label in enumerate(self.labels):
            numbers = [self.fitted[k], self.mean[k], self.deviation[k], *self.quantiles[[0, 2, 4], k]]
            told = [f"{self.autocorrelation[k]:.1f}", f"{self.rhat[k]:.3f}", f"{self.effective[k]:.0f}"]
            rows.append([label, *(f"{number:.6g}" for number in numbers), *told])
        parts = [first, table(head, rows), "\n".join(f"warning: {each}" for each in self.warnings)]
        return "\n\n".join(part for part in parts if part)


def make_report(chain: Chain, settings: Settings, temperature: float, linearized: Linearized) -> Mcmc:
    """The numbers of a chain; of its first steps where it has more than were asked for."""
    kept = settings.steps // settings.thin
    samples = np.array(chain.samples[settings.burned : kept])
    flat = samples.reshape(-1, samples.shape[-1])
    times = autocorrelation_times(samples)
    covariance = np.atleast_2d(np.cov(flat, rowvar=False))
    return Mcmc(
        labels=linearized.labels,
        fitted=linearized.values,
        mean=flat.mean(axis=0),
        deviation=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        quantiles=np.quantile(flat, QUANTILES, axis=0),
        autocorrelation=times * settings.thin,
        rhat=split_rhat(samples),
        effective=len(flat) / times,
        acceptance=float(chain.moved.mean() / chain.done),
        samples=len(flat),
        steps=settings.steps,
        walkers=samples.shape[1],
        burn_in=settings.burned * settings.thin,
        thin=settings.thin,
        seed=settings.seed,
        temperature=temperature,
    )
