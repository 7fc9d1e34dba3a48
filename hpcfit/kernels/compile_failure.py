"""What numba says of a function that it cannot compile, as one sentence that names the line."""

from __future__ import annotations

import re

from hpcfit.errors import PluginError
from hpcfit.kernels.site_function import SiteFunction, place_of

_PLACE = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
#: lines of numba's message that tell nothing to who wrote the function
_NOISE = (
    "Failed in",
    "During:",
    "File ",
    "^",
    "<source",
    "def ",
    "There are",
    "-",
    "Overload",
    "- Resolution",
    "raised from",
    "This error",
)


def compile_failure(site: SiteFunction, attribute: str, error: Exception) -> PluginError:
    """The error of a site function whose function `attribute`, most likely, cannot be compiled."""
    function = getattr(site, attribute)
    text = str(error)
    places = [match for match in _PLACE.finditer(text) if not match["file"].startswith("<")]
    own = [match for match in places if "hpcfit/kernels" not in match["file"].replace("\\", "/")]
    place = f"{own[-1]['file']}:{own[-1]['line']}" if own else place_of(function)
    return PluginError(
        f"site function {site.name}: numba cannot compile its {attribute} ({place}): {_reason(text)}. Use "
        "what numba knows: numbers, NumPy arrays, loops, math and NumPy functions."
    )


def _reason(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    telling = [line for line in lines if line and not line.startswith(_NOISE)]
    return (telling[0] if telling else type(text).__name__).rstrip(".:")[:200]
