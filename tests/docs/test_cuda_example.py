"""The CUDA source on docs/plugins.md computes what the Python function on that page computes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emulated import HostDevice, compiler_missing
from plain_site import plain_rows
from site_examples import bonds, scaled_error

from hpcfit.data import configuration
from hpcfit.formula.potential import BoundPotential
from hpcfit.kernels import compile_model
from hpcfit.kernels.cuda.site_source import site_source

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
(SOURCE,) = re.findall(r"^```c\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
(PYTHON,) = re.findall(r"^```python\n(# site_morse.py\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(compiler_missing() is not None, reason=str(compiler_missing()))
def test_the_source_on_the_page_has_the_numbers_of_the_function_beside_it() -> None:
    space: dict[str, Any] = {}
    exec(PYTHON, space)
    site = replace(space["MORSE"], cuda=SOURCE)
    values = np.array([spec.default for spec in site.parameters])
    random = np.random.default_rng(1)
    structures = [
        configuration(f"c{k}", [18] * 5, 7.0 * random.random((5, 3)), 8.0 * np.eye(3), True, energy=0.0)
        for k in range(2)
    ]
    geometry = bonds(structures, ("Ar",), 8.0)
    bound = BoundPotential(site, ("Ar",))
    model = compile_model([bound], ("Ar",), range(4), stress=True, device=HostDevice())
    expected = plain_rows(site, np.arange(4), np.zeros(1, int), 8.0, geometry, values)
    assert scaled_error(model.predict(geometry, values), expected) < 1e-12


@pytest.mark.nvrtc
def test_the_source_on_the_page_compiles() -> None:
    from hpcfit.devices.cuda import compile_source

    assert compile_source(site_source(SOURCE), 90)[0][:4] == b"\x7fELF"
