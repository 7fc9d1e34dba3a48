"""emcee, where it is installed."""

from __future__ import annotations

from hpcfit.errors import RunError


def require_emcee() -> None:
    """Find out whether chains can be sampled.

    Raises:
        RunError: emcee is not installed.
    """
    try:
        import emcee  # noqa: F401
    except ImportError as error:
        raise RunError("mcmc needs emcee: pip install 'hpcfit[mcmc]'") from error
