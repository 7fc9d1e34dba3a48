"""result.json: everything a fit has found, in a form that other programs can read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hpcfit.errors import RunError
from hpcfit.output.amounts import Counts, Memory, Timing
from hpcfit.output.atomic import write_atomically
from hpcfit.output.covariance_file import read_covariance, stored_covariance
from hpcfit.output.jsontext import pretty
from hpcfit.output.loss_report import LossReport
from hpcfit.output.starts import StartsReport

FORMAT = "hpcfit-result"
VERSION = 1

#: root-mean-square error of each target, by target name, None where a target has no data
Errors = dict[str, float | None]


@dataclass(frozen=True)
class FittedParameter:
    """One parameter of the model after the fit, in the unit its potential declares.

    Attributes:
        potential: name of its potential; of the model for a fit of a table.
        species: "Si", "Si-C", "Si-C-C", or "" where the parameter is shared by all species.
        standard_error: None for a fixed parameter, and where the data do not determine it.
        min, max: its bounds; None where there is none.
        at_bound: "min" or "max" when the fit ended at that bound, else None.
        tie: the formula of other parameters that it is; None for one that is fixed or fitted.
        mixing: the rule that made the tie; None for a tie that the job gave.
        transform: "log" or "logit" where that was fitted in place of the value.
        prior: "mean" and "sigma" of what was known of it; None without one.
    """

    potential: str
    species: str
    name: str
    value: float
    standard_error: float | None
    initial: float
    min: float | None
    max: float | None
    fixed: bool
    at_bound: str | None = None
    unit: str = ""
    tie: str | None = None
    mixing: str | None = None
    transform: str | None = None
    prior: Mapping[str, float] | None = None

    @property
    def free(self) -> bool:
        """Whether it was fitted itself, neither fixed nor tied to others."""
        return not self.fixed and self.tie is None


@dataclass(frozen=True)
class Rmse:
    """Root-mean-square errors; energies per atom.

    Attributes:
        train, test: by target; empty where there are no data.
        by_tag: {"train" | "test": {tag: {target: error}}}.
        units: by target.
    """

    train: Errors = field(default_factory=dict)
    test: Errors = field(default_factory=dict)
    by_tag: dict[str, dict[str, Errors]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, train: Mapping[str, Errors], test: Mapping[str, Errors], units: Mapping[str, str]) -> Rmse:
        """From errors by tag, those of all data under "all"."""
        by_tag = {
            name: {tag: errors for tag, errors in table.items() if tag != "all"}
            for name, table in (("train", train), ("test", test))
        }
        return cls(
            train=train.get("all", {}),
            test=test.get("all", {}),
            by_tag={name: tags for name, tags in by_tag.items() if tags},
            units=dict(units),
        )


@dataclass(frozen=True)
class Result:
    """What a fit has found.

    Attributes:
        status: "converged", or the name of another way of stopping.
        reason: a sentence.
        loss: L = 1/2 |r|^2 at the end; with a robust loss 1/2 the sum of C^2 rho((r/C)^2).
        prior_loss: the part of it that is due to priors; None without any.
        robust: the losses of the targets, and outliers; None for least squares.
        objective_history: loss at the start and after each accepted step.
        covariance: of the values of the free parameters in the order of `parameters`, shape (p, p), or None.
        null_directions: sentences on what the data do not determine.
        warnings: sentences for the user.
        starts: what fits from several starts have found; None for one fit.
        provenance: versions, data hashes, host, ranks, device, times of day.
        job: what the run depends on, by dotted name (see fingerprint).
    """

    status: str
    reason: str
    loss: float
    objective_history: list[float]
    parameters: list[FittedParameter]
    prior_loss: float | None = None
    robust: LossReport | None = None
    rmse: Rmse = field(default_factory=Rmse)
    counts: Counts = field(default_factory=Counts)
    timing: Timing = field(default_factory=Timing)
    memory: Memory = field(default_factory=Memory)
    covariance: list[list[float]] | None = None
    null_directions: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    starts: StartsReport | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    job: dict[str, str] = field(default_factory=dict)

    @property
    def converged(self) -> bool:
        return self.status == "converged"

    @property
    def verdict(self) -> str:
        """The reason, after the status unless it begins with that word itself."""
        repeated = self.reason.lower().startswith(self.status)
        return self.reason if repeated else f"{self.status}: {self.reason}"

    def label(self, parameter: FittedParameter) -> str:
        """ "A", or "Si-C.A" where its potential has several parameters of that name."""
        same = [q for q in self.parameters if (q.potential, q.name) == (parameter.potential, parameter.name)]
        alone = len(same) == 1 or not parameter.species
        return parameter.name if alone else f"{parameter.species}.{parameter.name}"

    def parameter(self, label: str) -> FittedParameter:
        """The parameter "A" or "Si-C.A".

        Raises:
            KeyError: there is none, or more than one (in several potentials).
        """
        found = [q for q in self.parameters if label in (self.label(q), f"{q.species}.{q.name}")]
        if len(found) != 1:
            known = ", ".join(self.label(q) for q in self.parameters)
            count = f"{len(found)} parameters are" if found else "no parameter is"
            raise KeyError(f"{count} called {label!r}; there are: {known}")
        return found[0]

    def __str__(self) -> str:
        from hpcfit.output.summary import summary

        return summary(self)

    def save(self, path: Path) -> None:
        """Write result.json, whole or not at all; a covariance of many parameters into a file beside it."""
        head = {"format": FORMAT, "version": VERSION}
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        fields["covariance"] = stored_covariance(path, self.covariance)
        write_atomically(path, pretty({**head, **fields}))

    @classmethod
    def load(cls, path: Path) -> Result:
        """Read a result.json.

        Raises:
            RunError: it, or the covariance beside it, is missing, or not a result of hpcfit.
        """
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise RunError(f"{path}: cannot be read ({error.strerror}).") from error
        except ValueError as error:
            raise RunError(f"{path}: not valid JSON ({error}).") from error
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise RunError(f"{path}: not a result of hpcfit (no format = {FORMAT!r} in it).")
        if found.get("version", 0) > VERSION:
            raise RunError(f"{path}: written by a newer hpcfit (version {found['version']}); upgrade hpcfit.")
        try:
            return _from_fields({**found, "covariance": read_covariance(path, found.get("covariance"))})
        except (KeyError, TypeError) as error:
            raise RunError(f"{path}: not a complete result ({error}).") from error


def _from_fields(found: Mapping[str, Any]) -> Result:
    parts: dict[str, Any] = {name: found[name] for name in Result.__dataclass_fields__ if name in found}
    parts["parameters"] = [FittedParameter(**entry) for entry in found["parameters"]]
    for name, kind in (("rmse", Rmse), ("counts", Counts), ("timing", Timing), ("memory", Memory)):
        if name in parts:
            parts[name] = kind(**parts[name])
    parts["starts"] = None if parts.get("starts") is None else StartsReport.of(parts["starts"])
    parts["robust"] = None if parts.get("robust") is None else LossReport.of(parts["robust"])
    # A loss that is not finite is null in JSON.
    parts["loss"] = float("nan") if parts["loss"] is None else parts["loss"]
    return Result(**parts)
