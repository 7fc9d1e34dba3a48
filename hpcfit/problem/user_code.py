"""Users' own functions and classes: what they raise becomes an error that says whose it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from hpcfit.errors import FAILURES, HpcfitError, PluginError, raised

__all__ = ["FAILURES", "described", "is_real_array", "is_refused_change", "raised", "user_code"]


def is_real_array(value: object, shape: tuple[int, ...]) -> bool:
    """Whether a user's code returned a NumPy array of real numbers of this shape."""
    if isinstance(value, np.ma.MaskedArray):
        return False  # what its mask hides would count
    return isinstance(value, np.ndarray) and value.shape == shape and value.dtype.kind in "fiu"


def described(value: object) -> str:
    """What a user's code returned, as messages show it: "an array of shape (3,) of complex128", "None"."""
    if isinstance(value, np.ma.MaskedArray):
        return f"a masked array of shape {value.shape}"
    if isinstance(value, np.ndarray):
        kind = "" if value.dtype.kind in "fiu" else f" of {value.dtype}"
        return f"an array of shape {value.shape}{kind}"
    text = repr(value)
    if len(text) > 80 and isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)} elements"
    return text[:80]


@contextmanager
def user_code(where: str) -> Iterator[None]:
    """Run code that a plugin may have brought.

    Raises:
        PluginError: naming `where`, for whatever the body raises but errors that are for users already.
    """
    try:
        yield
    except HpcfitError:
        raise
    except FAILURES as error:
        found = raised(where, error)
        if is_refused_change(error):
            found = PluginError(f"{found} What it is given must not be changed; work on a copy.")
        raise found from error


def is_refused_change(error: BaseException) -> bool:
    """Whether a user's code was kept from changing what is not its own."""
    texts = ("read-only", "mappingproxy' object does not support item")
    return isinstance(error, ValueError | TypeError) and any(text in str(error) for text in texts)
