"""Every potential of the catalogue compiles for the cards of two generations, in registers."""

from __future__ import annotations

import re

import pytest
from drawn_potential import NAMES, OPTIONS

from hpcfit.formula.potential import BoundPotential
from hpcfit.kernels.cuda.generate import generate_source
from hpcfit.potentials import POTENTIALS

pytestmark = pytest.mark.nvrtc

#: bytes, around calls of sin and cos for large arguments
MOST_SPILT = 64

_USED = re.compile(
    r"entry function '(\w+)'[^']*'sm_\d+'.*?(\d+) bytes spill stores.*?Used (\d+) registers", re.S
)


@pytest.mark.parametrize("name", NAMES)
def test_kernels_with_all_derivatives_compile(name: str) -> None:
    from hpcfit.devices.cuda import compile_source

    bound = BoundPotential(POTENTIALS[name](**OPTIONS.get(name, {})), ("Si",))
    active = [tuple({instance.name for instance in bound.instances})]
    text = generate_source([bound], bound.species, active, stress=True, jacobian=True).text
    for capability in (80, 90):
        code, log = compile_source(text, capability)
        assert code[:4] == b"\x7fELF"
        found = _USED.findall(log)
        assert len(found) == text.count("__global__")
        assert all(int(spilt) <= MOST_SPILT for _, spilt, _ in found)


@pytest.mark.parametrize("name", NAMES)
def test_kernels_of_several_species_compile_and_so_do_those_of_values_alone(name: str) -> None:
    from hpcfit.devices.cuda import compile_source

    bound = BoundPotential(POTENTIALS[name](**OPTIONS.get(name, {})), ("Si", "C"))
    active = [tuple({instance.name for instance in bound.instances})]
    for derivatives in (True, False):
        text = generate_source([bound], bound.species, active, stress=derivatives, jacobian=derivatives).text
        for capability in (80, 90) if derivatives else (90,):
            code, log = compile_source(text, capability)
            assert code[:4] == b"\x7fELF"
            assert len(_USED.findall(log)) == text.count("__global__")
