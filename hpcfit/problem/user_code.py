"""Users' own functions and classes: what they raise becomes an error that says whose it is."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from hpcfit.errors import HpcfitError, PluginError


def raised(where: str, error: Exception) -> PluginError:
    """The error of a function that `where` names, with its file and line."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return PluginError(f"{where}: raised {type(error).__name__}: {error} ({frame.filename}:{frame.lineno}).")


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
    except Exception as error:
        raise raised(where, error) from error
