"""matplotlib, where it is installed."""

from __future__ import annotations

from hpcfit.errors import RunError


def require_matplotlib() -> None:
    """Find out whether pictures can be drawn.

    Raises:
        RunError: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise RunError("pictures need matplotlib: pip install 'hpcfit[plot]'") from error
