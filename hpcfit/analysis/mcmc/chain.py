"""The chain, and the file that keeps it: written whole or not at all, so that a stopped chain goes on."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.errors import RunError
from hpcfit.output.atomic import atomic_file

FloatArray = NDArray[np.float64]
CHAIN = "mcmc.npz"


@dataclass
class Chain:
    """Samples so far, and all that the next step depends on.

    Attributes:
        identity: what the chain depends on; a file with another one is not gone on from.
        labels: of the p parameters.
        theta, log_probability: of the walkers now, shapes (walkers, p) and (walkers,).
        random_state: of the generator, as numpy's RandomState gives it.
        done: steps.
        moved: accepted moves of each walker, shape (walkers,).
        samples: values (not theta) of the free parameters at each kept step, arrays (walkers, p).
        log_probabilities: at each kept step, arrays (walkers,).
    """

    identity: Mapping[str, Any]
    labels: Sequence[str]
    theta: FloatArray
    log_probability: FloatArray
    random_state: Any
    done: int = 0
    moved: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    samples: list[FloatArray] = field(default_factory=list)
    log_probabilities: list[FloatArray] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write the chain.

        Raises:
            RunError: it cannot be written.
        """
        _, keys, position, has_gauss, gauss = self.random_state
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_file(path) as file:
                np.savez(
                    file,
                    identity=json.dumps(self.identity, sort_keys=True),
                    labels=np.array(self.labels, dtype=np.str_),
                    theta=self.theta,
                    log_probability=self.log_probability,
                    random_keys=keys,
                    random_place=np.array([position, has_gauss], dtype=np.int64),
                    random_gauss=gauss,
                    done=self.done,
                    moved=self.moved,
                    samples=np.array(self.samples).reshape(-1, *self.theta.shape),
                    log_probabilities=np.array(self.log_probabilities).reshape(-1, len(self.theta)),
                )
        except OSError as error:
            raise RunError(
                f"{path}: cannot be written ({error.strerror or error}). Make room, or give another folder "
                "by --output; the same command goes on from the steps that were written."
            ) from error


def read_chain(path: Path) -> Chain:
    """The chain in a file.

    Raises:
        RunError: it is no chain.
    """
    try:
        with np.load(path) as found:
            position, has_gauss = found["random_place"].tolist()
            return Chain(
                identity=json.loads(str(found["identity"])),
                labels=found["labels"].tolist(),
                theta=found["theta"],
                log_probability=found["log_probability"],
                random_state=(
                    "MT19937",
                    found["random_keys"],
                    position,
                    has_gauss,
                    float(found["random_gauss"]),
                ),
                done=int(found["done"]),
                moved=found["moved"],
                samples=list(found["samples"]),
                log_probabilities=list(found["log_probabilities"]),
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise RunError(f"{path}: is no chain of hpcfit ({error}). Remove it, or use --restart.") from error


def check_same(path: Path, chain: Chain, identity: Mapping[str, Any]) -> None:
    """Raise RunError if the chain of a file depends on something else than this one."""
    different = [
        "it is of another run" if name == "run" else f"{name} was {chain.identity.get(name)}, now {value}"
        for name, value in json.loads(json.dumps(identity)).items()
        if chain.identity.get(name) != value
    ]
    if different:
        raise RunError(
            f"{path}: holds another chain: {'; '.join(different)}. Start anew with --restart, or give "
            "another folder by --output."
        )
