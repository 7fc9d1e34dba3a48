"""One parameter: a number of the model that is fixed, fitted, or tied to others."""

from __future__ import annotations

from dataclasses import dataclass

from hpcfit.problem.parameters.given import Key, Prior, TransformName
from hpcfit.problem.parameters.tie import Tie
from hpcfit.problem.parameters.transform import START, Transform


@dataclass(frozen=True)
class Parameter:
    """One number of the model, in the unit the potential declares.

    Attributes:
        potential: index of its potential; `label` that potential's name.
        key: species it belongs to; () where it is shared by all keys of its kind.
        initial: of a tied one, what its tie gives at the start.
        minimum, maximum: bounds; of a tied one, between which it makes sense.
        instances: positions in the vector of all values that it sets; none for an auxiliary one.
        transform: what the optimizer moves in its place; `transform_name` as the user calls it.
    """

    potential: int
    label: str
    name: str
    key: Key
    initial: float
    minimum: float
    maximum: float
    fixed: bool
    instances: tuple[int, ...]
    transform: Transform | None = None
    transform_name: TransformName | None = None
    prior: Prior | None = None
    tie: Tie | None = None

    @property
    def free(self) -> bool:
        """Whether it is one of those that are fitted."""
        return not self.fixed and self.tie is None

    @property
    def start(self) -> float:
        """The optimizer's variable at the start."""
        return self.initial if self.transform is None else START

    @property
    def bounds(self) -> tuple[float, float]:
        """Those of the optimizer's variable."""
        return (self.minimum, self.maximum) if self.transform is None else self.transform.bounds

    def value(self, theta: float) -> float:
        """The number where the optimizer's variable is theta."""
        return theta if self.transform is None else self.transform.value(theta)

    def slope(self, theta: float) -> float:
        """Its derivative by the optimizer's variable."""
        return 1.0 if self.transform is None else self.transform.slope(theta)

    def theta(self, value: float) -> float:
        """The optimizer's variable where the number is `value`."""
        return value if self.transform is None else self.transform.theta(value)
