"""Sampling a chain: rank 0 moves the walkers, all ranks evaluate what they come to; collective."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpcfit.analysis.linearized import Linearized
from hpcfit.analysis.mcmc.chain import CHAIN, Chain, check_same, read_chain
from hpcfit.analysis.mcmc.extend import Progress, extend, new_chain
from hpcfit.analysis.mcmc.library import require_emcee
from hpcfit.analysis.mcmc.posterior import Posterior
from hpcfit.analysis.mcmc.report import Mcmc, make_report
from hpcfit.analysis.mcmc.settings import Settings
from hpcfit.optimize.bounds import Bounds
from hpcfit.parallel.agree import from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.interrupt import StopRequest, stop_requests
from hpcfit.parallel.objective import DistributedObjective, serve
from hpcfit.workflow.minimized import minimized
from hpcfit.workflow.reopen import Reopened

FloatArray = NDArray[np.float64]


def sample(
    comm: Communicator,
    reopened: Reopened,
    linearized: Linearized,
    settings: Settings,
    folder: Path,
    progress: Progress | None = None,
) -> Mcmc | None:
    """Sample the parameters of a fit, or go on with the chain in `folder`; collective.

    Returns:
        What was found, on rank 0; None elsewhere.

    Raises:
        Stopped: on all ranks, when one was asked to stop; the chain so far is written.
        HpcfitError: on all ranks alike: emcee is missing, settings that make no sense, another chain in the
            folder.
    """
    path = folder / CHAIN
    kept: list[Chain] = []

    def begin() -> tuple[float, int]:
        require_emcee()
        walkers = settings.walkers_for(len(reopened.theta))
        temperature = settings.temperature_of(linearized)
        _ = settings.burned
        if path.exists() and not settings.restart:
            kept.append(read_chain(path))
            check_same(path, kept[0], _identity(reopened, settings, walkers, temperature))
        return temperature, walkers

    temperature, walkers = from_root(comm, begin)
    prepared = reopened.prepared
    with stop_requests() as request:
        if not comm.is_root:
            serve(prepared.objective, comm, prepared.share.ranges, request)
            return None
        with DistributedObjective(prepared.objective, comm, prepared.share.ranges, request) as objective:
            parameters = reopened.parameters
            bounds = Bounds(parameters.lower, parameters.upper)
            posterior = Posterior(minimized(prepared, objective), bounds, temperature)
            chain = kept[0] if kept else None
            if chain is None:
                identity = _identity(reopened, settings, walkers, temperature)
                chain = new_chain(posterior, reopened.theta, linearized, identity, walkers, settings.seed)
            progress = _nowhere if progress is None else progress
            stop = partial(_stopped, objective, request)
            extend(chain, posterior, parameters.free_values, settings, path, stop, progress)
            return make_report(chain, settings, temperature, linearized)


def _identity(reopened: Reopened, settings: Settings, walkers: int, temperature: float) -> dict[str, object]:
    run = {"loss": reopened.result.loss, "job": dict(sorted(reopened.result.job.items()))}
    return {"run": run, **settings.identity(walkers, temperature)}


def _stopped(objective: DistributedObjective, request: StopRequest) -> bool:
    return objective.stop_requested or bool(request)


def _nowhere(done: int, wanted: int) -> None:
    """Shows nothing."""
