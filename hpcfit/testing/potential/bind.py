"""From what a plugin registers to a potential with species and a value for every parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.check import check_potential as check_formulas
from hpcfit.formula.keys import Key, parse_key
from hpcfit.formula.potential import AnyBound, BoundPotential, FormulaPotential, Instance, PotentialForm
from hpcfit.kernels.hand_written import HandWritten
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.registered import name_of, registered

#: numbers that are one for several keys are made this much different, so that a mix-up of species shows
_APART = 0.02
#: stand-ins for what nobody has given; any elements would do
_SPECIES = ("Si", "C", "Ge")

Values = Mapping[str, Any]


def the_potential(potential: Any, options: Mapping[str, Any]) -> PotentialForm:
    """What a potential, a function that makes one, or a registered name stands for.

    Raises:
        ConformanceError: it is none of these, or its formulas have faults.
    """
    made = registered("potentials", potential)
    if not isinstance(made, FormulaPotential | HandWritten):
        if not callable(made):
            raise ConformanceError(
                f"{made!r:.60} is neither a FormulaPotential nor a function that returns one."
            )
        function = made
        made = function(**options)
        if not isinstance(made, FormulaPotential | HandWritten):
            raise ConformanceError(
                f"{name_of(function)} returned {type(made).__name__}, not a FormulaPotential."
            )
    return made


def choose_species(form: PotentialForm) -> Iterator[tuple[str, ...]]:
    """The lists of species to check where none is given: as many as the parameters' keys tell apart."""
    published = [key for key in form.materials if "-" not in key]
    known = [*published, *(each for each in _SPECIES if each not in published)]
    most = {"shared": 1, "species": 2, "pair": 2, "triplet": 3, "ordered-pair": 2, "ordered-triplet": 3}
    for count in range(1, max((most[spec.kind] for spec in form.parameters), default=1) + 1):
        yield tuple(known[:count])


def bind(form: PotentialForm, species: Sequence[str], values: Values) -> tuple[AnyBound, Any]:
    """The potential for given species, and the value of each of its numbers, shape (V,).

    Raises:
        ConformanceError: faults of the formulas.
        ValueError: a value for a parameter that there is not, or a parameter without one.
    """
    bound: AnyBound = BoundPotential(form, tuple(species))
    faults = check_formulas(form, len(species), form.name) if isinstance(form, FormulaPotential) else []
    if faults:
        raise ConformanceError(" ".join(f"{fault.removesuffix('.')}." for fault in faults))
    given = dict(_given(bound, values))
    found = [_value(bound, instance, given) for instance in bound.instances]
    lacking = [bound.label(i) for i, value in zip(bound.instances, found, strict=True) if value is None]
    if lacking:
        example = lacking[0].rpartition(".")[2]
        raise ValueError(
            f"{form.name} of {', '.join(species)}: {', '.join(lacking)} have no value. "
            f"Give them, for example values={{{example!r}: 1.0}}."
        )
    return bound, _told_apart(bound, np.array(found, dtype=np.float64), given)


def _given(bound: AnyBound, values: Values) -> Iterator[tuple[tuple[Key, str], float]]:
    """((key, name), value) of {"A": 1.0, "Si-C": {"B": 2.0}}; the key () speaks of all keys."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            for inner, number in value.items():
                instance = bound.instance(inner, parse_key(name))
                yield (instance.key, inner), float(number)
        else:
            bound.formula.parameter(name)
            yield ((), name), float(value)


def _value(bound: AnyBound, instance: Instance, given: Mapping[tuple[Key, str], float]) -> float | None:
    own = given.get((instance.key, instance.name), given.get(((), instance.name)))
    if own is not None:
        return own
    default = bound.default(instance)
    if default is None:  # of pairs that nobody has published: as of the species that somebody has
        for symbol in bound.species:
            default = default if default is not None else bound.formula.default(
                instance.name, (symbol,), bound.species
            )  # fmt: skip
    return default


def _told_apart(
    bound: AnyBound, values: NDArray[np.float64], given: Mapping[tuple[Key, str], float]
) -> NDArray[np.float64]:
    count: dict[str, int] = {}
    for position, instance in enumerate(bound.instances):
        number = count[instance.name] = count.get(instance.name, -1) + 1
        if (instance.key, instance.name) in given or not instance.key:
            continue
        spec = bound.formula.parameter(instance.name)
        moved = values[position] * (1.0 + _APART * (number % 3))
        if (spec.minimum is None or moved >= spec.minimum) and (
            spec.maximum is None or moved <= spec.maximum
        ):
            values[position] = moved
    return values
