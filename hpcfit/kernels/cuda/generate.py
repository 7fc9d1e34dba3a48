"""One CUDA source with all kernels of a model, from the formulas of its potentials."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hpcfit.formula.potential import BoundPotential
from hpcfit.kernels.cuda.assembly import reduction, write_gather
from hpcfit.kernels.cuda.potential_fields import Launch
from hpcfit.kernels.cuda.prelude import PRELUDE
from hpcfit.kernels.cuda.stages import write_stages
from hpcfit.kernels.cuda.tables import CudaTables
from hpcfit.kernels.cuda.text import CudaText
from hpcfit.kernels.layout import Layout
from hpcfit.kernels.terms import potential_terms


@dataclass(frozen=True)
class CudaSource:
    """The source of a model in one mode, and how its kernels are used.

    Attributes:
        launches: in the order in which they run, between `fill_table` and `gather`.
        components: of the densities of each potential.
        with_zeta: whether some potential has fields of bonds; `with_gradients`: and gradients of bonds.
    """

    text: str
    layout: Layout
    launches: tuple[Launch, ...]
    components: tuple[int, ...]
    with_zeta: bool
    with_gradients: bool


def generate_source(
    potentials: Sequence[BoundPotential],
    species: Sequence[str],
    active: Sequence[Collection[str]],
    *,
    stress: bool,
    jacobian: bool,
) -> CudaSource:
    """The source for a model.

    Args:
        active: for each potential, names of the parameters with derivative columns.

    Raises:
        KernelError: a formula for which there can be no kernel.
    """
    tables, text = CudaTables(len(species)), CudaText()
    launches: list[Launch] = []
    components: list[int] = []
    for q, potential in enumerate(potentials):
        terms = potential_terms(potential, potential.formula.name)
        stages = write_stages(text, tables, q, terms, active[q] if jacobian else (), stress=stress)
        launches += stages.launches
        components.append(stages.n_components)
    with_gradients = any(launch.name.startswith("bonds") for launch in launches)
    if with_gradients:
        write_gather(text, len(species), stress)
    parts = (PRELUDE, tables.kernel(), str(text), reduction(stress))
    return CudaSource(
        "\n\n".join(part.strip("\n") + "\n" for part in parts),
        tables.layout,
        tuple(launches),
        tuple(components),
        any(launch.name.startswith("zetas") for launch in launches),
        with_gradients,
    )
