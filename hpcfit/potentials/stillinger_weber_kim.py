"""Stillinger-Weber with dimensional parameters, as the KIM model SW_StillingerWeber_1985_Si has it.

The same function as `stillinger-weber`, but A and lambda are energies, gamma and rc lengths of
their own; fits in the literature around OpenKIM and KLIFF report these numbers.
"""

from __future__ import annotations

from hpcfit.formula.potential import FormulaPotential, ParameterSpec, Term

_PARAMETERS = (
    ParameterSpec("A", "pair", None, "eV", "strength of the two-body term"),
    ParameterSpec("B", "pair", None, "", "repulsion in the two-body term"),
    ParameterSpec("p", "pair", 4.0, "", "exponent of the repulsion"),
    ParameterSpec("q", "pair", 0.0, "", "exponent of the attraction"),
    ParameterSpec("sigma", "pair", None, "angstrom", "range of the two-body term", minimum=0.0),
    ParameterSpec("gamma", "pair", None, "angstrom", "range of the three-body term"),
    ParameterSpec("rc", "pair", None, "angstrom", "cutoff", minimum=0.0),
    ParameterSpec("lambda", "triplet", None, "eV", "strength of the three-body term"),
    ParameterSpec("costheta0", "triplet", -1.0 / 3.0, "", "cosine of the preferred angle"),
)


def stillinger_weber_kim() -> FormulaPotential:
    """Two-body and three-body energies that end smoothly at rc."""
    return FormulaPotential(
        name="stillinger-weber-kim",
        parameters=_PARAMETERS,
        pair=Term("A*(B*(sigma/r)**p - (sigma/r)**q)*exp(sigma/(r - rc))", cutoff="rc"),
        triplet=Term(
            "lambda*(costheta - costheta0)**2*exp(gamma1/(r1 - rc1) + gamma2/(r2 - rc2))",
            cutoff="rc",
        ),
        summary="Stillinger-Weber with parameters in eV and angstrom, as OpenKIM and KLIFF use it",
        source=(
            "F. H. Stillinger and T. A. Weber, Phys. Rev. B 31, 5262 (1985); numbers of "
            "OpenKIM's SW_StillingerWeber_1985_Si__MO_405512056662"
        ),
        materials={
            "Si": {
                "A": 15.28484792,
                "B": 0.60222456,
                "sigma": 2.0951,
                "gamma": 2.51412,
                "rc": 3.77118,
                "lambda": 45.5322,
            },
        },
    )
