"""What a result came from: versions, data, machine."""

from __future__ import annotations

import os
import platform
import socket
import sys
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any

from hpcfit import __version__
from hpcfit.parallel.communicator import Communicator

if TYPE_CHECKING:
    from hpcfit.workflow.steps import AnyPrepared

_PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "h5py", "mpi4py", "vesin")


def provenance(comm: Communicator, prepared: AnyPrepared) -> dict[str, Any]:
    """Versions, hashes of the data, host, ranks, device and time."""
    plan, job = prepared.plan, prepared.plan.resolved.job
    data = {"train": plan.train.content}
    if plan.test is not None:
        data["test"] = plan.test.content
    return {
        "versions": {"hpcfit": __version__, "python": platform.python_version(), **_versions()},
        "data": data,
        "job": str(job.path),
        # Where the files lie that the job names, wherever the two folders are moved together.
        "job_folder": os.path.relpath(job.folder.resolve(), job.run_folder.resolve()),
        "command": sys.argv,
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "ranks": comm.size,
        "mpi": comm.library,
        "device": plan.devices.kind,
        "devices": plan.devices.facts,
        "plugins": [f"{plugin.name} ({plugin.source})" for plugin in plan.resolved.registry.plugins],
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
