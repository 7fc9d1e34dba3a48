"""What numba says of a function that it cannot compile, as one sentence that names the line."""

from __future__ import annotations

import re
from pathlib import Path

from hpcfit.errors import PluginError
from hpcfit.kernels.hand_written.site_function import SiteFunction, place_of

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PLACE = re.compile(r'^File "(?P<file>[^"<]+)", line (?P<line>\d+)', re.MULTILINE)
_SIGNATURE = re.compile(r">>> (?P<call>.+)")
_HELPER = re.compile(
    r"Untyped global name '(?P<name>\w+)': Cannot determine Numba type of <class 'function'>"
)
#: where the energy is added to others
_SUM = re.compile(r">>> iadd\(float64, (?P<other>.+)\)")
#: beginnings of lines of numba's message that tell nothing to who wrote the function
_NOISE = ("Failed in", "During:", "File ", "def ", "^")
_OURS = Path(__file__).parent


def compile_failure(site: SiteFunction, attribute: str, error: Exception) -> PluginError:
    """The error of a site function whose function `attribute` cannot be compiled."""
    text = _COLOUR.sub("", str(error))
    place, own = _place(text)
    where = f"site function {site.name}: numba cannot compile its {attribute} "
    sum_of = _SUM.search(text)
    if own and sum_of is not None:
        place, returned = place_of(site.energy_and_gradient), sum_of["other"]
        return PluginError(f"{where}({place}): it must return the energy, a number, not {returned}.")
    place = place if place and not own else place_of(getattr(site, attribute))
    helper = _HELPER.search(text)
    if helper is not None:
        return PluginError(
            f"{where}({place}): it calls {helper['name']}, which is not compiled. Write @numba.njit above "
            f"{helper['name']}."
        )
    return PluginError(
        f"{where}({place}): {_reason(text)}. Use what numba knows: numbers, NumPy arrays, loops, functions "
        "of math and NumPy."
    )


def _place(text: str) -> tuple[str, bool]:
    """Where the compiler stopped, "" if it does not say, and whether that is in our own code."""
    for match in _PLACE.finditer(text):
        # Numba tells paths as seen from the current folder.
        file = Path(match["file"]).resolve()
        return f"{file}:{match['line']}", file.parent == _OURS
    return "", False


def _reason(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    telling = next((line for line in lines if line and not line.startswith(_NOISE)), "it does not say why")
    signature = _SIGNATURE.search(text)
    if telling.startswith("No implementation") and signature is not None:
        telling = f"there is no {signature['call'].strip()}"
    return telling.rstrip(".:")[:200]
