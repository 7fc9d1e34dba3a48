"""A small real problem: rattled argon with energies, forces and stress, and a pair potential."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from written_potential import written_potential

from hpcfit.data import ConfigurationBlock, configuration, gather
from hpcfit.formula.potential import BoundPotential
from hpcfit.kernels import SiteModel, compile_model
from hpcfit.problem.geometry_keeper import MARGIN
from hpcfit.problem.groups import ResidualChoice, build_groups
from hpcfit.problem.local_objective import LocalObjective
from hpcfit.problem.memory import MemoryPlan, estimate_bonds
from hpcfit.problem.parameters import GivenParameter, ParameterSet, PotentialInput, build_parameters
from hpcfit.problem.targets import Targets
from hpcfit.residuals import EnergyForces
from hpcfit.weights import ConstantWeights

TARGETS = Targets(energy=True, forces=True, stress=True)
KEEP_ALL = MemoryPlan(True, True, np.inf, 0)


def argon(missing: bool = True) -> ConfigurationBlock:
    """Seven fcc cells of four or eight atoms; some have no energy, no forces or no stress."""
    random = np.random.default_rng(3)
    made = []
    for c in range(7):
        a = 4.4 + 0.15 * c
        base = np.array([(0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)])
        positions = a * np.concatenate([base, base + np.array([1.0, 0, 0])] if c % 2 else [base])
        positions += random.normal(scale=0.1, size=positions.shape)
        made.append(
            configuration(
                f"argon-{c}",
                [18] * len(positions),
                positions,
                np.diag([a * (1 + c % 2), a, a]),
                True,
                energy=None if missing and c == 2 else -0.1 * len(positions),
                forces=None if missing and c in (3, 4) else random.normal(scale=0.1, size=positions.shape),
                stress=random.normal(scale=1e-3, size=6) if not missing or c % 3 else None,
            )
        )
    return gather(made)


@dataclass
class Problem:
    """The model k (rc - r)^3 / r, whose cutoff is a parameter, on the argon above."""

    block: ConfigurationBlock
    model: SiteModel
    parameters: ParameterSet
    bounds: Any

    def objective(
        self, memory: MemoryPlan = KEEP_ALL, *, residual: Any = None, moving: bool = True
    ) -> LocalObjective:
        choice = ResidualChoice(EnergyForces(True) if residual is None else residual, "test")
        cutoff = self.model.cutoff(self.parameters.values(self.parameters.start)) * MARGIN
        groups = build_groups(
            self.block,
            self.bounds,
            estimate_bonds(self.block.natoms, self.block.volume, cutoff),
            species=self.model.species,
            targets=TARGETS,
            scheme=ConstantWeights(config=2.0, energy=3.0, forces=0.5, stress=20.0),
            choice=choice,
            moving=moving,
            memory=memory,
        )
        return LocalObjective(self.model, self.parameters, groups)


@pytest.fixture(scope="session")
def make_problem() -> Callable[..., Problem]:
    formula = written_potential(where="test", kinds={}, cutoff="rc", pair="k*(rc - r)**3/r")
    bound = BoundPotential(formula, ("Ar",))
    given = {((), "k"): GivenParameter(0.02), ((), "rc"): GivenParameter(4.6)}
    parameters = build_parameters([PotentialInput(bound, given)])
    active = np.flatnonzero(parameters.columns >= 0)
    model = compile_model([bound], ("Ar",), active.tolist(), True, parameters.columns[active].tolist())

    def make(block: ConfigurationBlock | None = None, bounds: tuple[int, ...] = (0, 2, 3, 5, 7)) -> Problem:
        return Problem(argon() if block is None else block, model, parameters, np.array(bounds))

    return make


@pytest.fixture
def problem(make_problem: Callable[..., Problem]) -> Problem:
    return make_problem()
