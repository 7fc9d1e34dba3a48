"""The catalogue of models of tables: formulas, default parameters, and guesses of where to start."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hpcfit.formula.row_form import RowForm
from hpcfit.models.curves import power_law, sine
from hpcfit.models.decays import exponential_decay, stretched_exponential
from hpcfit.models.equations_of_state import birch_murnaghan, murnaghan, poirier_tarantola, vinet
from hpcfit.models.mlp import mlp
from hpcfit.models.peaks import gaussian, lorentzian
from hpcfit.models.polynomials import polynomial, rational
from hpcfit.models.rates import arrhenius
from hpcfit.models.saturation import dose_response, langmuir, logistic, michaelis_menten

#: models by name: each a `RowFormula`, or a function of options that makes a model
MODELS: Mapping[str, RowForm | Callable[..., RowForm]] = {
    **{each.name: each for each in (murnaghan, birch_murnaghan, vinet, poirier_tarantola)},
    "polynomial": polynomial,
    "rational": rational,
    "exponential-decay": exponential_decay,
    "stretched-exponential": stretched_exponential,
    "arrhenius": arrhenius,
    "langmuir": langmuir,
    "michaelis-menten": michaelis_menten,
    "dose-response": dose_response,
    "logistic": logistic,
    "gaussian": gaussian,
    "lorentzian": lorentzian,
    "power-law": power_law,
    "sine": sine,
    "mlp": mlp,
}
