"""The catalogue of models of tables: formulas and default parameters only."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hpcfit.formula.row_form import RowForm
from hpcfit.models.equations_of_state import birch_murnaghan, murnaghan, poirier_tarantola, vinet
from hpcfit.models.mlp import mlp

#: models by name: each a `RowFormula`, or a function of options that makes a model
MODELS: Mapping[str, RowForm | Callable[..., RowForm]] = {
    **{each.name: each for each in (murnaghan, birch_murnaghan, vinet, poirier_tarantola)},
    "mlp": mlp,
}
