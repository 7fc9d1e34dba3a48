"""Energies of crystals as functions of the volume.

E0 is the energy at the equilibrium volume V0, B0 the bulk modulus there and B1 its derivative by the
pressure; B0 is in units of energy over volume.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hpcfit.formula.parameter_spec import ParameterSpec
from hpcfit.formula.row_formula import RowFormula
from hpcfit.models.linear import combination

FloatArray = NDArray[np.float64]

_PARAMETERS = (
    ParameterSpec("E0", "shared", None, "", "energy at the equilibrium volume"),
    ParameterSpec("V0", "shared", None, "", "equilibrium volume", minimum=0.0),
    ParameterSpec("B0", "shared", None, "", "bulk modulus, in units of energy over volume"),
    ParameterSpec("B1", "shared", 4.0, "", "its derivative by the pressure"),
)


def _equation(name: str, energy: str, summary: str, source: str, *let: tuple[str, str]) -> RowFormula:
    return RowFormula(
        name,
        (("energy", energy),),
        ("volume",),
        _PARAMETERS,
        let,
        summary=summary,
        source=source,
        guess=_of_parabola,
    )


def _of_parabola(inputs: FloatArray, outputs: FloatArray) -> dict[str, float]:
    """Of the parabola through the energies, or of the lowest energy where it has no minimum."""
    volume, energy = inputs[0], outputs[0]
    middle = float(volume.mean())
    moved = volume - middle
    a, b, c = combination([np.ones_like(moved), moved, moved**2], energy).tolist()
    place = middle - b / (2.0 * c) if c > 0.0 else -1.0
    if not 0.0 < place < 4.0 * float(volume.max()):
        lowest = int(np.argmin(energy))
        bulk = 2.0 * abs(c) * float(volume[lowest])
        return {"E0": float(energy[lowest]), "V0": float(volume[lowest]), "B0": bulk, "B1": 4.0}
    return {"E0": a - b * b / (4.0 * c), "V0": place, "B0": 2.0 * c * place, "B1": 4.0}


murnaghan = _equation(
    "murnaghan",
    "E0 + B0*volume/B1*((V0/volume)**B1/(B1 - 1) + 1) - V0*B0/(B1 - 1)",
    "energy over volume, with a bulk modulus linear in the pressure",
    "F. D. Murnaghan, Proc. Natl. Acad. Sci. 30, 244 (1944)",
)
birch_murnaghan = _equation(
    "birch-murnaghan",
    "E0 + 9*V0*B0/16*(x**3*B1 + x**2*(6 - 4*s))",
    "energy over volume, third order in the Eulerian strain",
    "F. Birch, Phys. Rev. 71, 809 (1947)",
    ("s", "(V0/volume)**(2/3)"),
    ("x", "s - 1"),
)
vinet = _equation(
    "vinet",
    "E0 + 2*B0*V0/(B1 - 1)**2*(2 - (5 + 3*B1*(x - 1) - 3*x)*exp(-1.5*(B1 - 1)*(x - 1)))",
    "energy over volume, for strong compression",
    "P. Vinet et al., J. Phys. C 19, L467 (1986)",
    ("x", "(volume/V0)**(1/3)"),
)
poirier_tarantola = _equation(
    "poirier-tarantola",
    "E0 + B0*V0*x**2/2*(1 + x*(B1 - 2)/3)",
    "energy over volume, third order in the logarithmic strain",
    "J.-P. Poirier and A. Tarantola, Phys. Earth Planet. Inter. 109, 1 (1998)",
    ("x", "log(V0/volume)"),
)
