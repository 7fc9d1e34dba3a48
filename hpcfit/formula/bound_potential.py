"""A potential for given species: which numbers it has, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Generic

from hpcfit.errors import KernelError
from hpcfit.formula.formula_potential import FormulaPotential
from hpcfit.formula.keys import (
    KEY_LENGTH,
    Instance,
    Key,
    canonical_key,
    enumerate_keys,
    is_ordered,
    key_example,
    key_text,
)
from hpcfit.formula.parameter_spec import NAME, PotentialForm

if TYPE_CHECKING:  # defaults of type variables are newer than the oldest Python that hpcfit runs on
    from typing_extensions import TypeVar

    Form = TypeVar("Form", bound=PotentialForm, covariant=True, default=FormulaPotential)
else:
    from typing import TypeVar

    Form = TypeVar("Form")


@dataclass(frozen=True)
class BoundPotential(Generic[Form]):
    """A potential for given species, hence with a definite list of numbers.

    `BoundPotential` is one of formulas, `AnyBound` one of any kind.
    """

    formula: Form
    species: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.species or len(set(self.species)) != len(self.species):
            raise KernelError(f"{self.formula.name}: species must be a list of different names")
        for name in self.species:
            if not (NAME.match(name) or getattr(self.formula, "of_rows", False)):
                raise KernelError(f"{self.formula.name}: {name!r} cannot name a species")
        known = self.formula.only_for if isinstance(self.formula, FormulaPotential) else ()
        others = [name for name in self.species if known and name not in known]
        if others:
            raise KernelError(
                f"{self.formula.name} is for {', '.join(known)} here, not for {', '.join(others)}. "
                "Take another file or other species"
            )

    @cached_property
    def instances(self) -> tuple[Instance, ...]:
        """All numbers: parameters in their order, and for each its keys in the species' order."""
        return tuple(
            Instance(spec.name, key)
            for spec in self.formula.parameters
            for key in enumerate_keys(spec.kind, self.species)
        )

    @cached_property
    def position(self) -> Mapping[Instance, int]:
        """Index of each instance in `instances`."""
        return {instance: index for index, instance in enumerate(self.instances)}

    def instance(self, name: str, key: Key) -> Instance:
        """The canonical instance for `key` given in any order of its unordered species.

        With one species an empty key stands for the only one there is.
        """
        spec = self.formula.parameter(name)
        if not key and len(self.species) == 1:
            key = self.species * KEY_LENGTH[spec.kind]
        if len(key) != KEY_LENGTH[spec.kind]:
            example = key_example(spec.kind, self.species, key)
            raise KernelError(
                f"{self.formula.name}: {name} is a {spec.kind} parameter, "
                f"{key_text(key) or 'no species'} was given. Write {example}"
            )
        return Instance(name, canonical_key(key, self.species, is_ordered(spec.kind)))

    def default(self, instance: Instance) -> float | None:
        """Catalogue value of one instance, or None when the job must give it."""
        return self.formula.default(instance.name, instance.key, self.species)

    def label(self, instance: Instance) -> str:
        """Short name for people: bare when the potential has one species only."""
        return instance.name if len(self.species) == 1 else str(instance)


#: a potential of any kind for given species
AnyBound = BoundPotential[PotentialForm]
