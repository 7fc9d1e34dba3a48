"""What a rank is expected to hold, from the header of a dataset and from what it has read."""

from dataclasses import replace

import numpy as np
import pytest

from hpcfit.data import Dataset, configuration, write_dataset
from hpcfit.problem.memory import BASELINE, PER_ATOM, PER_RESIDUAL
from hpcfit.problem.targets import Targets
from hpcfit.workflow.data_plan import DataPlan
from hpcfit.workflow.memory import (
    Needs,
    needs_for_test_set,
    plan_block,
    plan_rank,
    predicted_peak,
    sampled_bond_ratio,
)
from hpcfit.workflow.share import count_work

NEEDS = Needs(("Ar",), Targets(), 4.0, 4.0, 3, 4, None)


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """Sixty crystals of 32 atoms with six neighbours each where the mean density lets expect 5.7."""
    path = tmp_path_factory.mktemp("memory") / "argon.h5"
    base = 3.6 * np.array(np.meshgrid(*[np.arange(4.0)] * 3)).reshape(3, -1).T
    write_dataset(
        path,
        (
            configuration(f"c{c}", [18] * 64, base, 14.4 * np.eye(3), True, energy=1.0, forces=0 * base)
            for c in range(60)
        ),
    )
    with Dataset.open(path) as dataset:
        n = len(dataset)
        return DataPlan(
            str(path), np.arange(n), dataset.natoms, dataset.volumes, dataset.tags, dataset.species, ""
        )


def test_the_header_and_a_sample_lead_to_what_the_data_lead_to(plan):
    ratio = sampled_bond_ratio(plan, NEEDS)
    assert ratio == pytest.approx(6 / (4 / 3 * np.pi * 64 / 3.6**3), rel=1e-12)
    expected, from_header = plan_rank(plan, NEEDS, 1, ratio)
    with Dataset.open(plan.path) as dataset:
        work = count_work(dataset.read(0, len(dataset)), np.arange(0, 61, 1), NEEDS)
    assert work.amounts.bonds == pytest.approx(expected.bonds, rel=1e-12)
    assert (work.amounts.atoms, work.amounts.rows) == (expected.atoms, expected.rows)
    assert work.amounts.residuals == expected.residuals
    assert work.bond_ratio == pytest.approx(ratio, rel=1e-12)
    assert work.memory.predicted == pytest.approx(from_header.predicted, rel=1e-3)


def test_more_ranks_hold_less_each_but_never_less_than_a_configuration(plan):
    amounts = [plan_rank(plan, NEEDS, ranks, 1.0)[0].atoms for ranks in (1, 2, 60, 1000)]
    assert amounts == [60 * 64, 30 * 64, 64, pytest.approx(64)]


def test_rows_of_the_largest_chunk_and_missing_references_are_counted(plan):
    with Dataset.open(plan.path) as dataset:
        block = dataset.read(0, 4)
    block = replace(block, energy=np.full(4, np.nan))
    amounts, _ = plan_block(block, np.array([0, 1, 4]), np.ones(4), NEEDS)
    assert amounts.largest_rows == 3 * (3 * 64 + 1)
    assert amounts.residuals == 4 * 64 * 3
    assert amounts.rows == 4 * (64 * 3 + 1)


def test_a_test_set_larger_than_the_training_set_decides_the_peak(plan):
    training, memory = plan_rank(plan, NEEDS, 60, 1.0)
    assert predicted_peak(training, memory, None, NEEDS, 60, 1.0) == memory.predicted
    held = training.atoms * PER_ATOM + training.residuals * PER_RESIDUAL
    alone = plan_rank(plan, replace(NEEDS, n_columns=0), 1, 1.0)[1].predicted
    assert predicted_peak(training, memory, plan, NEEDS, 1, 1.0) == pytest.approx(held + alone, abs=2)


def test_the_test_set_has_what_the_training_data_leave_of_the_limit(plan):
    training, _ = plan_rank(plan, NEEDS, 1, 1.0)
    limited = needs_for_test_set(replace(NEEDS, memory_limit=2 * BASELINE), training)
    held = int(training.atoms * PER_ATOM + training.residuals * PER_RESIDUAL)
    assert limited.memory_limit == 2 * BASELINE - held
    assert limited.n_columns == 0


def test_what_kernels_hold_for_atoms_is_that_of_the_largest_configuration(plan):
    before, after = (plan_rank(plan, needs, 60, 1.0)[1] for needs in (NEEDS, replace(NEEDS, per_atom=1000)))
    assert after.predicted - before.predicted == pytest.approx(64 * 1000, abs=1)
