"""Numbers that a potential of the catalogue ties to others, such as the last charge of a neutral compound."""

from __future__ import annotations

import math
import re

from hpcfit.formula.keys import Key, canonical_key, parse_key
from hpcfit.formula.potential import AnyBound, FormulaPotential
from hpcfit.job.locate import KeyPath
from hpcfit.job.source import JobSource, Problem
from hpcfit.problem.parameters import GivenParameter


def formula_ties(
    source: JobSource, index: int, bound: AnyBound, given: dict[tuple[Key, str], GivenParameter]
) -> tuple[dict[tuple[Key, str], GivenParameter], list[Problem]]:
    """The potential's own ties, and where the job contradicts them."""
    made: dict[tuple[Key, str], GivenParameter] = {}
    problems: list[Problem] = []
    ties = bound.formula.ties if isinstance(bound.formula, FormulaPotential) else ()
    for text, name, formula in ties:
        strange = [each for each in _species_in(text, formula) if each not in bound.species]
        if strange:
            sentence = (
                f": {name} of {', '.join(strange)} is tied, but the species are {', '.join(bound.species)}."
            )
            problems.append(source.problem(("potential", index, "species"), sentence))
            continue
        key = canonical_key(parse_key(text), bound.species)
        contradiction = next((each for each in (key, ()) if (each, name) in given), None)
        if contradiction is not None:
            where: KeyPath = ("potential", index, "parameters", *([text] if contradiction else []), name)
            problems.append(source.problem(where, f": follows from the others, {formula}; remove it."))
        spec = bound.formula.parameter(name)
        made[key, name] = GivenParameter(
            minimum=-math.inf if spec.minimum is None else spec.minimum,
            maximum=math.inf if spec.maximum is None else spec.maximum,
            tie=formula,
        )
    return made, problems


def _species_in(key: str, formula: str) -> list[str]:
    """The species of a key and of the references, such as Na.q, in a formula."""
    keys = [key, *re.findall(r"([A-Za-z][\w-]*)\.[A-Za-z]", formula)]
    return list(dict.fromkeys(species for each in keys for species in parse_key(each)))
