"""Users' own functions and classes: what they raise becomes an error that says whose it is."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from hpcfit.errors import HpcfitError, PluginError

#: what a user's function may end with; an exit on one rank alone would leave the others waiting
FAILURES = (Exception, SystemExit)


def raised(where: str, error: BaseException) -> PluginError:
    """The error of a function that `where` names, with its file and line."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = next((each for each in reversed(frames) if not each.filename.startswith("<")), frames[-1])
    if isinstance(error, SystemExit):
        return PluginError(
            f"{where}: called sys.exit({error.code!r}) ({frame.filename}:{frame.lineno}); raise an exception "
            "that says what is wrong instead."
        )
    return PluginError(f"{where}: raised {type(error).__name__}: {error} ({frame.filename}:{frame.lineno}).")


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
