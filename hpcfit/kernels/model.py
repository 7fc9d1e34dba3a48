"""What a fit asks of a model, and which kind of model the potentials of a job need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from hpcfit.devices.device import Device
from hpcfit.errors import KernelError
from hpcfit.formula.potential import AnyBound, BoundPotential, FormulaPotential
from hpcfit.geometry import Geometry
from hpcfit.kernels.hand_written.ase_part import AsePart
from hpcfit.kernels.hand_written.ase_potential import AsePotential
from hpcfit.kernels.hand_written.part import Part
from hpcfit.kernels.hand_written.site_function import SiteFunction
from hpcfit.kernels.hand_written.site_part import SitePart
from hpcfit.kernels.residual_rows import ResidualRows
from hpcfit.kernels.site_model import SiteModel
from hpcfit.kernels.summed_model import SummedModel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class AnyModel(Protocol):
    """Predictions, residuals and their derivatives for a sum of potentials; `SiteModel` says what each is."""

    @property
    def n_values(self) -> int: ...
    @property
    def n_columns(self) -> int: ...
    @property
    def species(self) -> tuple[str, ...]: ...
    @property
    def potentials(self) -> tuple[AnyBound, ...]: ...
    @property
    def stress(self) -> bool: ...

    def cutoff(self, values: FloatArray) -> float: ...
    def load_kernels(self) -> None: ...
    def load_values_kernel(self) -> None: ...
    def prediction_offsets(self, geometry: Geometry) -> IntArray: ...
    def predict(self, geometry: Geometry, values: FloatArray) -> FloatArray: ...
    def predict_jacobian(
        self, geometry: Geometry, first: int, last: int, values: FloatArray
    ) -> FloatArray: ...
    def weighted_gradient(
        self, geometry: Geometry, first: int, last: int, values: FloatArray, weights: FloatArray
    ) -> FloatArray: ...
    def linearize(
        self,
        geometry: Geometry,
        bounds: IntArray,
        rows: ResidualRows,
        values: FloatArray,
        keep: FloatArray | None = None,
    ) -> tuple[FloatArray, FloatArray, IntArray]: ...
    def residual(
        self, geometry: Geometry, bounds: IntArray, rows: ResidualRows, values: FloatArray, out: FloatArray
    ) -> tuple[FloatArray, IntArray]: ...


def compile_model(
    potentials: Sequence[AnyBound],
    species: Sequence[str],
    active: Sequence[int],
    stress: bool,
    columns: Sequence[int] | None = None,
    *,
    forces: bool = True,
    limits: tuple[FloatArray, FloatArray] | None = None,
    checked: bool = False,
    device: Device | None = None,
) -> AnyModel:
    """A model of atoms of these `species` (their indices in Geometry.species) that sums `potentials`.

    Kernels are compiled, or loaded from the cache, when they are first needed.

    Args:
        active: positions in `values` with derivative columns.
        columns: column of each active value; several may share one. By default 0, 1, 2, ...
        stress: predict stress too.
        forces: whether forces are wanted; ASE calculators are not asked for what is not.
        limits: (lower, upper) bounds of the values, (V,) each, which difference quotients keep to.
        checked: in site functions, an index out of bounds is an error, which takes time.
        device: computes what is formulas; by default the processor does.

    Raises:
        KernelError: a potential has species that the model does not have.
    """
    columns = range(len(active)) if columns is None else columns
    formulas = [bound for bound in potentials if is_formula(bound)]
    if len(formulas) == len(potentials):
        return _of_formulas(formulas, species, active, stress, columns, device)
    column_of = dict(zip(map(int, active), map(int, columns), strict=True))
    firsts = np.cumsum([0, *(len(bound.instances) for bound in potentials)])
    if limits is None:
        limits = np.full(firsts[-1], -np.inf), np.full(firsts[-1], np.inf)
    parts: list[Part] = []
    positions: list[int] = []
    for bound, first in zip(potentials, firsts.tolist(), strict=False):
        _check_species(bound, species)
        form = bound.formula
        if isinstance(form, SiteFunction):
            own = BoundPotential(form, bound.species)
            if device is not None and form.cuda is not None:
                from hpcfit.kernels.cuda.site_part import CudaSitePart

                parts.append(CudaSitePart(device, own, species, first, column_of, limits, stress))
            else:
                parts.append(SitePart(own, species, first, column_of, limits, stress, checked))
        elif isinstance(form, AsePotential):
            made = BoundPotential(form, bound.species)
            parts.append(AsePart(made, species, first, column_of, limits, stress, forces))
        else:
            positions += range(first, first + len(bound.instances))
    model = None
    if formulas:
        own_active = [k for k, position in enumerate(positions) if position in column_of]
        own_columns = [column_of[positions[k]] for k in own_active]
        model = _of_formulas(formulas, species, own_active, stress, own_columns, device)
    n_columns = max(column_of.values(), default=-1) + 1
    return SummedModel(potentials, species, stress, n_columns, model, np.array(positions, np.int64), parts)


def _of_formulas(
    formulas: Sequence[BoundPotential],
    species: Sequence[str],
    active: Sequence[int],
    stress: bool,
    columns: Sequence[int],
    device: Device | None,
) -> SiteModel:
    if device is None:
        return SiteModel(formulas, species, active, stress, columns)
    from hpcfit.kernels.cuda.model import CudaModel

    return CudaModel(device, formulas, species, active, stress, columns)


def is_formula(bound: AnyBound) -> TypeGuard[BoundPotential]:
    """Whether a potential is one of formulas."""
    return isinstance(bound.formula, FormulaPotential)


def _check_species(bound: AnyBound, species: Sequence[str]) -> None:
    if not set(bound.species) <= set(species):
        raise KernelError(
            f"{bound.formula.name}: its species {', '.join(bound.species)} "
            f"are not all among those of the model, {', '.join(species)}"
        )
