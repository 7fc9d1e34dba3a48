"""The parameters of a [[potential]]: a number, or a table; alone, or under the key of some species."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    model_validator,
)

from hpcfit.formula.potential import ParameterSpec
from hpcfit.job.values import is_number, printable, shown
from hpcfit.problem.parameters import GivenParameter, Prior
from hpcfit.problem.parameters.given import TransformName

_Number = Annotated[float, Field(allow_inf_nan=False)]
_Text = Annotated[str, Field(min_length=1), AfterValidator(printable)]


class PriorTable(BaseModel):
    """`{ mean, sigma }` of a Gaussian; without `mean` it is around the initial value."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    mean: _Number | None = None
    sigma: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = Field(
        description="the standard deviation, in the unit of the parameter"
    )


class PointTable(BaseModel):
    """What a spline must be at one place: its value, slope or curvature there, or several of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    at: _Number = Field(description="where, in the unit of the spline's variable")
    value: _Number | None = None
    slope: _Number | None = None
    curvature: _Number | None = None

    @model_validator(mode="after")
    def _says_something(self) -> PointTable:
        if not self.conditions:
            raise ValueError("a point needs a value, a slope or a curvature.")
        return self

    @property
    def conditions(self) -> list[tuple[int, float]]:
        """(order of the derivative, what it must be)."""
        wanted = enumerate((self.value, self.slope, self.curvature))
        return [(order, number) for order, number in wanted if number is not None]


def start_value(value: Any) -> float | str | tuple[float, ...]:
    """A number; of a spline, numbers or a formula."""
    if is_number(value):
        return float(value)
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, list) and value and all(is_number(each) for each in value):
        return tuple(float(each) for each in value)
    wanted = "a finite number" if isinstance(value, float) else "a number"
    raise ValueError(f"{wanted} is expected, not {shown(value)}.")


class ParameterTable(BaseModel):
    """What a job says of a parameter; a plain number is fixed at it, no `initial` keeps the catalogue's.

    Of the parameters of a spline together there may be said more: `initial` numbers or a formula, what it
    must be at some `points`, and how much its `smoothness` counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    initial: Annotated[float | str | tuple[float, ...], PlainValidator(start_value)] | None = None
    min: _Number | None = None
    max: _Number | None = None
    fixed: bool = False
    transform: TransformName | None = None
    prior: PriorTable | None = Field(None, examples=["{ sigma = 0.05 }"])
    tie: _Text | None = Field(None, examples=['"2.5*sigma"'])
    smoothness: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] | None = None
    points: Annotated[list[PointTable], Field(min_length=1)] | None = Field(
        None, examples=["[{ at = 2.0, value = 1.5 }]"]
    )

    @model_validator(mode="before")
    @classmethod
    def _from_number(cls, value: Any) -> Any:
        if is_number(value):
            return {"initial": value, "fixed": True}
        if not isinstance(value, dict):
            raise ValueError(
                "a finite number or a table such as { initial = 1.0, min = 0.0 } is expected, "
                f"not {shown(value)}."
            )
        return value

    @model_validator(mode="after")
    def _in_order(self) -> ParameterTable:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}.")
        if self.number is not None and self.min is not None and self.number < self.min:
            raise ValueError(f"initial {self.number} is below min {self.min}.")
        if self.number is not None and self.max is not None and self.number > self.max:
            raise ValueError(f"initial {self.number} is above max {self.max}.")
        return self

    @property
    def number(self) -> float | None:
        """The initial value, if it is one number."""
        return self.initial if isinstance(self.initial, float) else None

    @property
    def fault_of_number(self) -> tuple[str, str] | None:
        """(key, sentence) on the first thing that may be said of splines only."""
        if self.initial is not None and self.number is None:
            return "initial", f"a number is expected, not {shown(_plain(self.initial))}."
        for key in ("smoothness", "points"):
            if getattr(self, key) is not None:
                return key, "only splines have it; remove it."
        return None

    @model_validator(mode="after")
    def _without_contradiction(self) -> ParameterTable:
        if self.tie is not None:
            self._refuse("tied", ("initial", "min", "max", "fixed", "transform"))
            if self.prior is not None and self.prior.mean is None:
                raise ValueError("the prior of a tied parameter needs a mean.")
        elif self.fixed:
            self._refuse("fixed", ("transform", "prior"))
        elif self.transform == "log" and self.min is not None and self.min < 0.0:
            raise ValueError(f'transform = "log" keeps it above 0, and min is {self.min}; give another min.')
        return self

    def _refuse(self, what: str, keys: Sequence[str]) -> None:
        given = [key for key in keys if key in self.model_fields_set]
        if given:
            advice = " Bound what it is tied to." if {"min", "max"} & set(given) else ""
            those = "it" if len(given) == 1 else "them"
            raise ValueError(f"a {what} parameter has no {' and no '.join(given)}; remove {those}.{advice}")

    def given(self, spec: ParameterSpec, default: float | None = None) -> GivenParameter:
        """The same in the words of the problem; without bounds of its own it has those of `spec`.

        Args:
            default: the value that it has without an initial one, if there is one.
        """
        low = spec.minimum if self.min is None else self.min
        high = spec.maximum if self.max is None else self.max
        prior = None
        if self.prior is not None:
            mean = next((x for x in (self.prior.mean, self.number, default) if x is not None), math.nan)
            prior = Prior(mean, self.prior.sigma)
        return GivenParameter(
            self.number,
            -math.inf if low is None else low,
            math.inf if high is None else high,
            self.fixed,
            self.transform,
            prior,
            self.tie,
        )


def _plain(value: str | float | tuple[float, ...]) -> Any:
    return list(value) if isinstance(value, tuple) else value


def without_faults(groups: Any) -> Any:
    """The groups of `by_species_key` with an empty table in place of each that is not well formed."""
    if not isinstance(groups, dict):
        return {}
    return {
        key: {name: table if _is_well_formed(table) else {} for name, table in tables.items()}
        for key, tables in groups.items()
    }


def _is_well_formed(table: Any) -> bool:
    try:
        ParameterTable.model_validate(table)
    except ValidationError:
        return False
    return True


def by_species_key(parameters: Any, species: Any) -> Any:
    """Sort the entries of a parameters table into {species key: {name: value}}, key "" for all species.

    What is not a table is returned as it is, to be refused with the rest. A name that is also a
    symbol (B, of Stillinger-Weber and of boron) is a parameter unless its table holds parameters.
    """
    if not isinstance(parameters, dict):
        return parameters
    symbols = [name for name in species if isinstance(name, str)] if isinstance(species, list) else []
    groups: dict[str, dict[str, Any]] = {}
    for name, value in parameters.items():
        if isinstance(value, dict) and _is_species_key(name, value, symbols):
            groups[name] = value
        else:
            groups.setdefault("", {})[name] = value
    return groups


def _is_species_key(name: str, value: dict[str, Any], symbols: Sequence[str]) -> bool:
    if "-" in name:
        return True
    own_keys = set(ParameterTable.model_fields)
    if any(isinstance(each, dict) for key, each in value.items() if key not in own_keys):
        return True
    return name in symbols and bool(value) and not own_keys & value.keys()
