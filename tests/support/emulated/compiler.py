"""From CUDA C to a library for the processor: what C++ does not know is rewritten, g++ does the rest."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

_SHIM = Path(__file__).with_name("shim.h")
# Contraction off: a sum of products is then what is written, whatever the processor can do.
_FLAGS = (
    *("-std=gnu++17", "-O1", "-ffp-contract=off", "-fno-strict-aliasing", "-w", "-U_FORTIFY_SOURCE"),
    *("-fPIC", "-shared", "-Wl,-Bsymbolic"),
)
_BOUNDS = r"(?:__launch_bounds__\s*\([^)]*\)\s*)?"
_KERNEL = re.compile(rf"__global__\s+{_BOUNDS}void\s+{_BOUNDS}(\w+)\s*\(")
_DYNAMIC = re.compile(r"extern\s+__shared__\s+(?:__align__\(\d+\)\s*)?([\w ]+?)\s+(\w+)\s*\[\s*\]\s*;")

_ENTRY = """
extern "C" void emulated_letters_{name}(char *out) {{ emulated::write_letters({name}, out); }}
extern "C" const char *emulated_launch_{name}(const long long *grid, unsigned block, int reversed,
    unsigned char *shared, long long shared_bytes, void **args) {{
    return emulated::launch([](void **a) {{ emulated::call_kernel({name}, a); }}, grid, block,
        reversed, shared, shared_bytes, args);
}}
"""


def compiler_missing() -> str | None:
    """Why kernels cannot be compiled here; None if they can."""
    return None if shutil.which("g++") else "g++ is not installed, which builds CUDA C for the processor"


def kernel_names(source: str) -> list[str]:
    """The kernels of a source."""
    return _KERNEL.findall(source)


@cache
def compiled(source: str, before: str = "") -> ctypes.CDLL:
    """The library of a source, compiled now or found in $HPCFIT_CACHE_DIR.

    Args:
        before: C++ that stands before the source.

    Raises:
        RuntimeError: with what the compiler says.
    """
    body = _DYNAMIC.sub(r"\1 *\2 = (\1 *)emulated_dynamic_shared;", source)
    entries = "".join(_ENTRY.format(name=name) for name in kernel_names(source))
    text = f"{_SHIM.read_text()}{before}{body}\n{entries}"
    key = hashlib.sha256(repr((_FLAGS, text)).encode()).hexdigest()
    folder = Path(os.environ.get("HPCFIT_CACHE_DIR", tempfile.gettempdir())) / "emulated"
    library = folder / f"{key}.so"
    if not library.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            written, made = Path(scratch) / "kernels.cpp", Path(scratch) / "kernels.so"
            written.write_text(text)
            found = subprocess.run(
                ["g++", *_FLAGS, str(written), "-o", str(made)], capture_output=True, text=True
            )
            if found.returncode:
                raise RuntimeError(f"g++ does not compile the kernels:\n{found.stderr}")
            os.replace(made, library)
    return ctypes.CDLL(str(library))
