"""A second process that compiles for the tests of this folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).parents[1] / "support" / "compile_ahead.py"
#: fewer tests than this are some that somebody looks at
_MANY = 100


@pytest.fixture(scope="session", autouse=True)
def _compile_ahead(request: pytest.FixtureRequest, _kernel_cache: None) -> Iterator[None]:
    """Where there is a core for it; what it cannot compile, a test will meet too."""
    if len(request.session.items) < _MANY or (os.cpu_count() or 1) < 2:
        yield
        return
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, str(_SCRIPT)], **silent) as process:
        yield
        process.terminate()
