"""Potentials from files of tables as CUDA C: as the processor computes them, and by NVIDIA's compiler."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from awkward import awkward_structures
from device_agreement import deviation, on_device, table_of
from eam_files import CUTOFF, write_setfl

from hpcfit.devices.device import Device
from hpcfit.formula.potential import BoundPotential
from hpcfit.geometry import build_geometry
from hpcfit.kernels import SiteModel, compile_model
from hpcfit.kernels.cuda.generate import generate_source
from hpcfit.potentials.eam_table import eam_table

SPECIES = ("Cu", "Ni")
#: functions as they are, and splines whose coefficients are parameters; adp has angular functions too
CASES = [("fs", 0), ("alloy", 8), ("adp", 0), ("adp", 8)]


def bound_of(folder: Path, style: str, knots: int) -> BoundPotential:
    return BoundPotential(eam_table(file=str(write_setfl(folder / "t", style)), knots=knots), SPECIES)


@pytest.mark.parametrize(
    ("style", "knots"),
    [pytest.param(*case, marks=() if case == ("fs", 0) else pytest.mark.long) for case in CASES],
)
def test_predictions_and_derivatives_are_those_of_the_processor(
    style: str, knots: int, tmp_path: Path, new_device: Callable[[], Device]
) -> None:
    bound = bound_of(tmp_path, style, knots)
    values = np.array([bound.default(each) for each in bound.instances], dtype=float)
    model = compile_model([bound], SPECIES, range(len(values)), stress=True)
    assert isinstance(model, SiteModel)
    structures = awkward_structures(2, 2.4, [CUTOFF], np.random.default_rng(4), [])
    geometry = build_geometry(structures, structures.species, 1.02 * CUTOFF)
    found = table_of(on_device(model, new_device()), geometry, values)
    assert deviation(found, table_of(model, geometry, values), model, geometry) < 1e-12


@pytest.mark.nvrtc
@pytest.mark.parametrize(("style", "knots"), CASES)
def test_kernels_compile(style: str, knots: int, tmp_path: Path) -> None:
    from hpcfit.devices.cuda import compile_source

    bound = bound_of(tmp_path, style, knots)
    active = [tuple({instance.name for instance in bound.instances})]
    text = generate_source([bound], SPECIES, active, stress=True, jacobian=bool(knots)).text
    for capability in (80, 90):
        code, log = compile_source(text, capability)
        assert code[:4] == b"\x7fELF"
        assert log.count("Compiling entry function") == text.count("__global__")
