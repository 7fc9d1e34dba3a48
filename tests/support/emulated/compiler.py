"""From CUDA C to a library for the processor: what C++ does not know is rewritten, g++ does the rest."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SHIM, _CHECKS, _INEXACT = (Path(__file__).with_name(name) for name in ("shim.h", "checks.h", "inexact.h"))
_FLAGS = ("-std=gnu++17", "-O1", "-fno-strict-aliasing", "-w", "-U_FORTIFY_SOURCE", "-fPIC")
# Without contraction a sum of products is what is written; with it, as on a card, it is rounded once.
_CONTRACTION = {
    False: ("-ffp-contract=off",),
    True: ("-ffp-contract=fast", "-mfma", "-fexpensive-optimizations"),
}
# Only what the compiler writes is wanted of this, not the library that belongs to it: see checks.h.
# Loads stay where they are written, also where only some threads need them.
_CHECKED = ("-fsanitize=thread", "-fno-tree-sink", "-g1")
_LINK = ("-shared", "-Wl,-Bsymbolic")
_BOUNDS = r"(?:__launch_bounds__\s*\(([^)]*)\)\s*)?"
_KERNEL = re.compile(rf"__global__\s+{_BOUNDS}void\s+{_BOUNDS}(\w+)\s*\(([^)]*)\)")
_SHARED = re.compile(r"(?<!extern )__shared__\s+([\w ]+?)\s+\w+((?:\s*\[[^\]]*\])*)\s*;")
_DYNAMIC = re.compile(r"extern\s+__shared__\s+(?:__align__\(\d+\)\s*)?([\w ]+?)\s+(\w+)\s*\[\s*\]\s*;")

_ENTRY = """
extern "C" void emulated_letters_{name}(char *out) {{ emulated::write_letters({name}, out); }}
extern "C" const char *emulated_launch_{name}(const long long *grid, unsigned block, int reversed,
    unsigned char *shared, long long shared_bytes, unsigned n_args, const int64_t *args) {{
    return emulated::launch([](void **a) {{ emulated::call_kernel({name}, a); }}, grid, block,
        reversed, shared, shared_bytes, n_args, args);
}}
extern "C" void emulated_limits_{name}(long long *out) {{ out[0] = {threads}; out[1] = {shared}; }}
"""


@dataclass(frozen=True)
class Kernel:
    """What a source says of a kernel.

    Attributes:
        threads, shared: C for the largest block, 0 if it is not said, and for the bytes of shared memory
            that are not dynamic.
        promises: of each argument, whether it is said (`__restrict__`) that nothing else is at its memory.
        written: of each argument, whether it points to what may be written.
    """

    name: str
    threads: str
    shared: str
    promises: tuple[bool, ...]
    written: tuple[bool, ...]


def compiler_missing() -> str | None:
    """Why kernels cannot be compiled here; None if they can."""
    return None if shutil.which("g++") else "g++ is not installed, which builds CUDA C for the processor"


def contraction_missing() -> str | None:
    """Why products and sums cannot be rounded together here; None if they can."""
    with contextlib.suppress(OSError):
        if " fma " in Path("/proc/cpuinfo").read_text():
            return None
    return "this processor is not known to round products and sums together"


@cache
def kernels_of(source: str) -> dict[str, Kernel]:
    """The kernels of a source, by their names."""
    found = (_kernel(source, head) for head in _KERNEL.finditer(source))
    return {each.name: each for each in found}


def _kernel(source: str, head: re.Match[str]) -> Kernel:
    first, second, name, arguments = head.groups()
    parts = arguments.split(",") if arguments.strip() else []
    sizes = [f"sizeof({kind}{counts})" for kind, counts in _SHARED.findall(_body(source, head.end()))]
    return Kernel(
        name,
        (first or second or "0").split(",")[0],
        " + ".join(sizes) or "0",
        tuple("__restrict__" in part for part in parts),
        tuple("*" in part and "const" not in part.partition("*")[0].split() for part in parts),
    )


def _body(source: str, begin: int) -> str:
    """The text of a function whose head ends at `begin`."""
    depth = 0
    for brace in re.compile("[{}]").finditer(source, begin):
        depth += 1 if brace.group() == "{" else -1
        if depth == 0:
            return source[begin : brace.end()]
    return ""


@cache
def compiled(
    source: str, before: str = "", *, checked: bool = False, contracted: bool = False
) -> tuple[ctypes.CDLL, Path]:
    """The library of a source, compiled now or found in $HPCFIT_CACHE_DIR, and where it is.

    Args:
        before: C++ that stands before the source.
        checked: look at every load and store (checks.h).
        contracted: let products and sums be rounded together, as compilers for a card do, and functions
            be off by some of the last digits, as those of a card are.

    Raises:
        RuntimeError: with what the compiler says.
    """
    body = _DYNAMIC.sub(r"\1 *\2 = (\1 *)emulated_dynamic_shared;", source)
    kernels = kernels_of(source).values()
    entries = "".join(
        _ENTRY.format(name=each.name, threads=each.threads, shared=each.shared) for each in kernels
    )
    flags = (*_FLAGS, *_CONTRACTION[contracted], *(_CHECKED if checked else ()))
    shim = f"#define EMULATED_CHECKED {str(checked).lower()}\n{_SHIM.read_text()}"
    checks = (_CHECKS.read_text() if checked else "") + (_INEXACT.read_text() if contracted else "")
    text = f'{shim}{checks}{before}\n#line 1 "kernels.cu"\n{body}\n{entries}'
    key = hashlib.sha256(repr((flags, _LINK, text)).encode()).hexdigest()
    folder = Path(os.environ.get("HPCFIT_CACHE_DIR", tempfile.gettempdir())) / "emulated"
    library = folder / f"{key}.so"
    if not library.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            written, translated, made = (Path(scratch) / f"kernels.{end}" for end in ("cpp", "o", "so"))
            written.write_text(text)
            _run("g++", *flags, "-c", str(written), "-o", str(translated))
            _run("g++", *_LINK, str(translated), "-o", str(made))
            os.replace(made, library)
    return ctypes.CDLL(str(library)), library


def _run(*command: str) -> None:
    found = subprocess.run(command, capture_output=True, text=True)
    if found.returncode:
        raise RuntimeError(f"g++ does not compile the kernels:\n{found.stderr}")


def line_at(library: Path, place: int) -> str:
    """The line of the source that an instruction of a checked library belongs to, as the end of a sentence;
    nothing where there is no tool to find it."""
    if not shutil.which("addr2line"):
        return ""
    command = ["addr2line", "-i", "-e", str(library), hex(place)]
    lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
    own = [line.rpartition("/")[2].split()[0] for line in lines if "kernels.cu:" in line]
    return f", {own[0]}" if own else ""
