"""What a job may say of the coefficients of a spline together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hpcfit.errors import JobError
from hpcfit.formula.spline_shape import SplineShape
from hpcfit.formula.spline_values import SplineValues
from hpcfit.job import ResolvedJob, open_job
from hpcfit.problem.parameters import ParameterSet, build_parameters

SHAPE = SplineShape(9, 1.5, 5.0, ends_at_zero=True)
JOB = """
[data]
train = "train.h5"
[[potential]]
species = ["Si"]
cutoff = 5
pair = "bspline(r, phi, knots=9, r_min=1.5, r_max=5)"
[potential.parameters]
"""


def resolved(folder: Path, words: str, job: str = JOB) -> ResolvedJob:
    (folder / "train.h5").touch()
    (folder / "job.toml").write_text(job + words)
    return open_job(folder / "job.toml")


def parameters(folder: Path, words: str, job: str = JOB) -> ParameterSet:
    return build_parameters(resolved(folder, words, job).potentials)


def coefficients(made: ParameterSet) -> np.ndarray:
    return made.values(made.start)


def test_coefficients_start_at_a_number_a_list_or_a_formula(tmp_path: Path) -> None:
    same = parameters(tmp_path, "phi = { initial = 0.5 }")
    assert same.labels == tuple(f"phi_{k}" for k in range(7))
    assert (coefficients(same) == 0.5).all()
    listed = parameters(tmp_path, f"phi = {{ initial = {list(range(7))} }}")
    assert coefficients(listed).tolist() == list(range(7))
    curve = parameters(tmp_path, 'phi = { initial = "(5 - r)**3*exp(-x)" }')
    expected = SplineValues(SHAPE).fitted(lambda r: (5 - r) ** 3 * np.exp(-r))
    np.testing.assert_allclose(coefficients(curve), expected, rtol=1e-12)


def test_what_is_said_of_one_coefficient_counts_for_it(tmp_path: Path) -> None:
    made = parameters(
        tmp_path,
        "phi = { initial = 0.5, min = -1 }\nphi_1 = { min = -2 }\nphi_2 = 0.0\nphi_3 = { tie = 'phi_2 + 1' }",
    )
    assert made.labels == ("phi_0", "phi_1", "phi_4", "phi_5", "phi_6")
    assert coefficients(made).tolist() == [0.5, 0.5, 0.0, 1.0, 0.5, 0.5, 0.5]
    assert made.lower.tolist() == [-1.0, -2.0, -1.0, -1.0, -1.0]


def test_points_are_met_whatever_the_free_coefficients_are(tmp_path: Path) -> None:
    points = "[{ at = 1.5, value = 2.0 }, { at = 2.4, slope = 0.0, curvature = 1.0 }]"
    made = parameters(tmp_path, f"phi = {{ initial = 0.5, points = {points} }}\nphi_6 = 0.1")
    assert len(made.free) == 3
    spline = SplineValues(SHAPE)
    for seed in range(3):
        own = made.values(np.random.default_rng(seed).normal(size=3))
        found = [float(spline(own, np.array(x), order)) for x, order in ((1.5, 0), (2.4, 1), (2.4, 2))]
        np.testing.assert_allclose(found, [2.0, 0.0, 1.0], atol=1e-12)


def test_smoothness_adds_second_differences_of_all_coefficients(tmp_path: Path) -> None:
    made = parameters(tmp_path, "phi = { initial = 0.0, smoothness = 2.0 }\nphi_4 = 0.3")
    theta = np.random.default_rng(1).normal(size=len(made.free))
    full = SplineValues(SHAPE).matrix @ made.values(theta)
    residual = made.prior_residual(theta)
    np.testing.assert_allclose(residual, 2.0 * np.diff(full, n=2)[1:-1], atol=1e-12)
    jacobian = made.prior_jacobian(theta)
    for k in range(len(theta)):
        step = np.zeros(len(theta))
        step[k] = 1.0
        np.testing.assert_allclose(made.prior_residual(theta + step) - residual, jacobian[:, k], atol=1e-12)


def test_each_pair_of_species_has_its_own_words(tmp_path: Path) -> None:
    job = JOB.replace('["Si"]', '["Si", "C"]')
    words = "Si-Si.phi = { initial = 1.0, smoothness = 0.1 }\nSi-C.phi_0 = 3.0\nphi = { initial = 2.0 }"
    made = parameters(tmp_path, words, job)
    values = {(q.key, q.name): q.initial for q in made.parameters}
    assert values[("Si", "Si"), "phi_3"] == 1.0
    assert values[("Si", "C"), "phi_0"] == 3.0
    assert values[(), "phi_3"] == 2.0
    assert [each.label for each in made.smoothness] == ["Si-Si.phi"]


NOT_LEFT = (
    ".points: no coefficient is left that point 2 could decide. Give fewer points, within its knots and not "
    "so close to each other."
)
FAULTS = {
    "phi = { initial = [1, 2] }": ".initial: phi has 7 coefficients, not 2.",
    "phi = { initial = [1, 'a'] }": ".initial: a number is expected, not [1, 'a'].",
    "phi = { initial = 'A*r' }": '.initial: unknown name A in "A*r" (column 1). Known: r, x. '
    "r goes from 1.5 to 5.",
    "phi = { initial = '1/(r - 5)' }": '.initial: not a finite real number in "1/(r - 5)" (column 1). '
    "Look for a division by zero or a power too large. r goes from 1.5 to 5.",
    "phi = { initial = 0.0, min = -1, max = 1, prior = { sigma = 1 } }\nphi_9 = 3": "_9: formula: unknown "
    "parameter phi_9. Did you mean phi_6?",
    "phi = { initial = 'r', max = 1 }": ".initial: phi_0 would start at 1.55294, above 1.",
    "phi = { tie = 'phi_2' }": ".tie: a spline as a whole has no tie. Tie its coefficients, phi_0 and so on.",
    "phi = { initial = 0, smoothness = 0 }": ".smoothness: must be above 0.0, not 0.",
    "phi = { initial = 0, points = [{ at = 2, valu = 1 }] }": ".points[0].valu is not a known key. Did you "
    "mean "
    "value?",
    "phi = { initial = 0, points = [] }": ".points: must not be empty. Write for example [{ at = 2.0, value "
    "= 1.5 }].",
    "phi = { initial = 0, points = [{ at = 2 }] }": ".points[0]: a point needs a value, a slope "
    "or a curvature.",
    "phi = { initial = 0, points = [{ value = 2 }] }": ".points[0].at is missing: where, in the unit of "
    "the spline's variable.",
    "phi = { initial = 0, fixed = true, points = [{ at = 2, value = 1 }] }": ".points: a fixed spline has no "
    "points; remove them.",
    "phi = { initial = 0, points = [{ at = 2, value = 1 }, { at = 6, value = 1 }] }": NOT_LEFT,
    "phi = { initial = 0, points = [{ at = 2, value = 1 }, { at = 2, value = 2 }] }": NOT_LEFT,
}


@pytest.mark.parametrize("words", FAULTS)
def test_faults_say_what_to_do(tmp_path: Path, words: str) -> None:
    with pytest.raises(JobError) as refusal:
        resolved(tmp_path, words)
    (found,) = refusal.value.problems
    assert found.partition("potential[0].parameters.phi")[2] == FAULTS[words]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("A = { initial = 'r' }", "A.initial: a number is expected, not 'r'."),
        ("A = { initial = [1, 2] }", "A.initial: a number is expected, not [1.0, 2.0]."),
        ("A = { initial = 1, smoothness = 1 }", "A.smoothness: only splines have it; remove it."),
        (
            "A = { initial = 1, points = [{ at = 1, value = 2 }] }",
            "A.points: only splines have it; remove it.",
        ),
    ],
)
def test_other_parameters_are_numbers(tmp_path: Path, words: str, fault: str) -> None:
    with pytest.raises(JobError) as refusal:
        resolved(tmp_path, f"phi = {{ initial = 0 }}\n{words}", JOB.replace("bspline", "A*bspline"))
    (found,) = refusal.value.problems
    assert found.partition("potential[0].parameters.")[2] == fault


def test_a_monotonic_spline_has_no_points(tmp_path: Path) -> None:
    job = JOB.replace("r_max=5", "r_max=5, monotonic=-1")
    with pytest.raises(JobError) as refusal:
        resolved(tmp_path, "phi = { initial = 0, points = [{ at = 2, value = 1 }] }", job)
    assert refusal.value.problems[0].partition("phi.")[2] == (
        "points: a monotonic spline has none, for what its steps must not be below zero decides already. "
        "Fix some of its parameters instead."
    )
    falling = parameters(tmp_path, 'phi = { initial = "exp(-r)" }', job)
    assert (falling.lower == 0.0).all()
    assert (falling.start >= 0.0).all()


def test_a_spline_without_any_word_is_missed(tmp_path: Path) -> None:
    with pytest.raises(JobError) as refusal:
        resolved(tmp_path, "phi_3 = 1.0")
    assert list(refusal.value.problems) == [
        f"{tmp_path}/job.toml:8: potential[0].parameters: the formula uses phi, which is given no value. "
        "Did you mean phi_3?"
    ]


def test_a_step_of_a_coefficient_is_measured_by_its_spline(tmp_path: Path) -> None:
    made = parameters(tmp_path, "phi = { initial = [4.0, -2.0, 1.0, -0.1, 0.0, 1.0, 0.5] }\nphi_6 = 0.3")
    assert made.widths is not None
    # The median of 4, 2, 1, 0.1, 0, 1 and 0.3.
    assert made.widths.tolist() == [4.0, 2.0, 1.0, 1.0, 1.0, 1.0]
    assert parameters(tmp_path, "phi = { initial = 0.0 }").widths is None
    own = parameters(tmp_path, "phi = { initial = 2.0 }\nphi_1 = { prior = { mean = 2.0, sigma = 0.3 } }")
    assert own.widths is not None
    assert own.widths.tolist() == [2.0, 0.3, 2.0, 2.0, 2.0, 2.0, 2.0]
