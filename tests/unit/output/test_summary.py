"""The text at the end of a run."""

from __future__ import annotations

from dataclasses import replace

from hpcfit.output.result import Result
from hpcfit.output.summary import table


def test_the_summary_says_everything_in_aligned_tables(result: Result) -> None:
    assert (
        str(result)
        == """\
converged: The relative offset is below 1e-8.

loss 3627.18857812 after 15 iterations (16 Jacobians, 3 residuals, 12 curvatures, 1 rejected step)

parameter        value  standard error  initial  unit
A          2916.687123              12        5  eV
p          8.000000000                        5            at max 8
rc             3.77118                        5  angstrom  fixed

rmse    energy (eV/atom)  forces (eV/angstrom)  stress
train             0.0123                  0.21  -
  AIMD              0.01                   0.3  -
test                0.02                  0.25  -

time 2.50 s, of it optimizer 0.500 s: kernels 60 %, QR 10 %, communication 10 %, merging 2 %, \
algebra and output 18 %; load imbalance 4 %
memory per rank: predicted 200 MiB, measured 190 MiB at most

note: The data do not determine p."""
    )


def test_the_summary_says_what_is_tied_mixed_transformed_and_known_before(connected: Result) -> None:
    lines = str(connected).splitlines()
    assert lines[2] == (
        "loss 3627.18857812 (0.25 of it from priors) after 15 iterations (16 Jacobians, 3 residuals, "
        "12 curvatures, 1 rejected step)"
    )
    assert [line.partition("  ")[2].split("  ")[-1] for line in lines[5:9]] == [
        "by its log, prior 2900 +- 20",
        "at max 8, by its log",
        "tied: sqrt(Si-Si.A*C-C.A) + sqrt(Si-Si.A*C-C.A) + sqrt(Si-Si.A*...",
        "mixed: geometric",
    ]
    assert "2916.687123" in lines[7]  # every digit of a tied value


def test_words_are_aligned_left_and_numbers_right() -> None:
    assert table(["a", "b"], [["x", "1"], ["long", "10"]]) == "a      b\nx      1\nlong  10"


def test_a_status_that_the_reason_begins_with_is_not_said_twice(result: Result) -> None:
    assert result.verdict == "converged: The relative offset is below 1e-8."
    assert replace(result, reason="Converged: all is well.").verdict == "Converged: all is well."
