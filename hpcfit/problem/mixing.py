"""Mixing rules: the numbers of pairs of unlike species that are not given, from those of the like pairs.

A mixed parameter is tied to those of the like pairs, so it follows them during the fit, and what a rule
does is said by the formula of the tie.

    lorentz-berthelot  H. A. Lorentz, Ann. Phys. 248, 127 (1881); D. Berthelot, C. R. 126, 1703 (1898)
    geometric          R. J. Good and C. J. Hope, J. Chem. Phys. 53, 540 (1970)
    waldman-hagler     M. Waldman and A. T. Hagler, J. Comput. Chem. 14, 1077 (1993)
    fender-halsey      B. E. F. Fender and G. D. Halsey, J. Chem. Phys. 36, 1881 (1962)
    halgren            T. A. Halgren, J. Am. Chem. Soc. 114, 7827 (1992)
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from hpcfit.errors import KernelError
from hpcfit.formula.keys import Key, enumerate_keys, key_text
from hpcfit.formula.potential import AnyBound, ParameterSpec
from hpcfit.problem.parameters import GivenParameter

#: means of two numbers a and b
MEANS: Mapping[str, str] = {
    "arithmetic": "({a} + {b})/2",
    "geometric": "sqrt({a}*{b})",
    "harmonic": "2*{a}*{b}/({a} + {b})",
    "sixth-power": "(({a}**6 + {b}**6)/2)**(1/6)",
}
#: what each rule does to lengths and energies; A and B are the lengths of the like pairs
RULES: Mapping[str, Mapping[str, str]] = {
    "lorentz-berthelot": {"length": MEANS["arithmetic"], "energy": MEANS["geometric"]},
    "geometric": {"length": MEANS["geometric"], "energy": MEANS["geometric"]},
    "waldman-hagler": {
        "length": MEANS["sixth-power"],
        "energy": "2*sqrt({a}*{b})*({A}*{B})**3/({A}**6 + {B}**6)",
    },
    "fender-halsey": {"length": MEANS["arithmetic"], "energy": MEANS["harmonic"]},
    "halgren": {
        "length": "({a}**3 + {b}**3)/({a}**2 + {b}**2)",
        "energy": "4*{a}*{b}/(sqrt({a}) + sqrt({b}))**2",
    },
}
#: what LAMMPS calls some of them
OTHER_NAMES: Mapping[str, str] = {"arithmetic": "lorentz-berthelot", "sixthpower": "waldman-hagler"}

#: a rule by its name, or a mean for each parameter
Mixing = str | Mapping[str, str]


def mixed(
    bound: AnyBound, given: Mapping[tuple[Key, str], GivenParameter], mixing: Mixing
) -> dict[tuple[Key, str], GivenParameter]:
    """Ties for the pairs of unlike species that `given` has no word of.

    Args:
        mixing: one of `RULES`, or for each parameter that mixes one of `MEANS`.

    Raises:
        KernelError: a parameter that cannot be mixed, or a rule that finds nothing to mix.
    """
    formulas = _by_rule(bound, mixing) if isinstance(mixing, str) else _by_means(bound, mixing)
    made: dict[tuple[Key, str], GivenParameter] = {}
    for spec, formula in formulas.items():
        if ((), spec.name) in given:
            continue
        for first, second in enumerate_keys(spec.kind, bound.species):
            if first != second and ((first, second), spec.name) not in given:
                made[(first, second), spec.name] = GivenParameter(
                    minimum=-math.inf if spec.minimum is None else spec.minimum,
                    maximum=math.inf if spec.maximum is None else spec.maximum,
                    tie=_tie(formula, spec.name, first, second, _length(bound)),
                    mixing=mixing if isinstance(mixing, str) else mixing[spec.name],
                )
    return made


def _by_rule(bound: AnyBound, rule: str) -> dict[ParameterSpec, str]:
    """The formula of each parameter that declares what it is to a rule."""
    of_kinds = {**MEANS, **RULES[rule]}
    found = {spec: of_kinds[spec.mixing] for spec in _pairs(bound) if spec.mixing is not None}
    if not found:
        raise KernelError(
            f"{bound.formula.name} does not say which of its parameters are lengths and which energies. "
            f"{_by_name(bound)}"
        )
    if any("{A}" in formula for formula in found.values()) and _length(bound) is None:
        raise KernelError(
            f"{rule} mixes energies by a length, and {bound.formula.name} has none. {_by_name(bound)}"
        )
    return found


def _by_means(bound: AnyBound, means: Mapping[str, str]) -> dict[ParameterSpec, str]:
    pairs = {spec.name: spec for spec in _pairs(bound)}
    for name in means:
        bound.formula.parameter(name)
        if name not in pairs:
            raise KernelError(f"{name} is not one number for each pair, and cannot be mixed.")
    return {pairs[name]: MEANS[mean] for name, mean in means.items()}


def _by_name(bound: AnyBound) -> str:
    names = [spec.name for spec in _pairs(bound)] or ["A"]
    return f'Write the mean of each parameter, such as mixing = {{ {names[0]} = "geometric" }}.'


def _pairs(bound: AnyBound) -> list[ParameterSpec]:
    return [spec for spec in bound.formula.parameters if spec.kind in ("pair", "ordered-pair")]


def _length(bound: AnyBound) -> str | None:
    """The parameter that is the potential's length, if there is one."""
    return next((spec.name for spec in _pairs(bound) if spec.mixing == "length"), None)


def _tie(formula: str, name: str, first: str, second: str, length: str | None) -> str:
    like = [key_text((species, species)) for species in (first, second)]
    return formula.format(
        a=f"{like[0]}.{name}", b=f"{like[1]}.{name}", A=f"{like[0]}.{length}", B=f"{like[1]}.{length}"
    )
