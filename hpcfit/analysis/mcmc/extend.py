"""The steps of a chain, by the stretch moves of Goodman & Weare (2010) as emcee makes them; on rank 0."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.linearized import Linearized
from hpcfit.analysis.mcmc.chain import Chain
from hpcfit.analysis.mcmc.first import first_walkers
from hpcfit.analysis.mcmc.posterior import Posterior
from hpcfit.analysis.mcmc.settings import Settings
from hpcfit.errors import EXIT_STOPPED_EARLY, HpcfitError

FloatArray = NDArray[np.float64]
#: called with the steps done and those wanted
Progress = Callable[[int, int], object]
#: seconds between writings of the chain
INTERVAL = 30.0


class Stopped(HpcfitError):
    """A chain that was asked to stop, and can be gone on with."""

    exit_code = EXIT_STOPPED_EARLY


def new_chain(
    posterior: Posterior,
    theta: FloatArray,
    linearized: Linearized,
    identity: Mapping[str, Any],
    walkers: int,
    seed: int,
) -> Chain:
    """A chain without any step.

    Args:
        theta: the minimum, shape (p,).

    Raises:
        RunError: see `first_walkers`.
    """
    random = np.random.RandomState(seed)
    begin, found = first_walkers(posterior, theta, linearized, walkers, random)
    nobody_moved = np.zeros(walkers, dtype=np.int64)
    return Chain(identity, linearized.labels, begin, found, random.get_state(), moved=nobody_moved)


def extend(
    chain: Chain,
    posterior: Posterior,
    values: Callable[[FloatArray], FloatArray],
    settings: Settings,
    path: Path,
    stop: Callable[[], bool],
    progress: Progress,
) -> None:
    """Move the walkers until there are as many steps as wanted; write the chain now and then, and at the end.

    The steps do not depend on where it was interrupted.

    Args:
        values: of the free parameters at a theta (p,).
        stop: whether somebody has asked for it, looked at after each step.

    Raises:
        Stopped: somebody has; the chain is written.
        RunError: it cannot be written.
    """
    from emcee import EnsembleSampler, State

    if chain.done >= settings.steps:
        return
    sampler = EnsembleSampler(*chain.theta.shape, posterior, vectorize=True)
    begin = State(chain.theta, log_prob=chain.log_probability, random_state=chain.random_state)
    count, written = settings.steps - chain.done, time.monotonic()
    for state in sampler.sample(begin, iterations=count, store=False, skip_initial_state_check=True):
        _take(chain, state, values, settings.thin)
        progress(chain.done, settings.steps)
        if chain.done < settings.steps and stop():
            chain.save(path)
            raise Stopped(
                f"stopped after {chain.done} of {settings.steps} steps, which are in {path}; the same "
                "command goes on."
            )
        if time.monotonic() - written > INTERVAL:
            chain.save(path)
            written = time.monotonic()
    chain.save(path)


def _take(chain: Chain, state: Any, values: Callable[[FloatArray], FloatArray], thin: int) -> None:
    """Add a step to the chain."""
    chain.moved += (state.coords != chain.theta).any(axis=1)
    chain.theta, chain.log_probability = state.coords.copy(), state.log_prob.copy()
    chain.random_state = state.random_state
    chain.done += 1
    if chain.done % thin == 0:
        chain.samples.append(np.array([values(theta) for theta in chain.theta]))
        chain.log_probabilities.append(chain.log_probability)
