"""Every way a fit can end: a status word, and a sentence that says what it means and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StopReason:
    """Why a fit ended; only status "converged" means that a minimum was found."""

    status: str
    sentence: str

    @property
    def converged(self) -> bool:
        return self.status == "converged"


def offset_small(offset: float) -> StopReason:
    return StopReason(
        "converged",
        f"Converged: what is left of the residual is orthogonal to every change of the parameters "
        f"(relative offset {offset:.1e}).",
    )


def all_held() -> StopReason:
    return StopReason(
        "converged",
        "Converged: every parameter is at a bound and the cost would fall only beyond it; "
        "widen the bounds if they were not meant to decide the result.",
    )


def step_small(relative: float) -> StopReason:
    return StopReason(
        "converged",
        f"Converged: the full step would change the parameters by only {relative:.1e} of their size.",
    )


def saving_small(fraction: float) -> StopReason:
    return StopReason("converged", f"Converged: the full step would save only {fraction:.1e} of the cost.")


def rounding_reached(fraction: float) -> StopReason:
    return StopReason(
        "converged",
        f"Converged as far as rounding allows: steps that would save {fraction:.1e} of the cost "
        "change it by no more than rounding does.",
    )


def gradient_vanishes(cosine: float) -> StopReason:
    return StopReason(
        "converged",
        "Converged: no step lowers the cost, and the residual is orthogonal to the effect of every "
        f"parameter (largest cosine {cosine:.1e}). The Jacobian loses rank here: some parameters are "
        "poorly determined.",
    )


def perfect() -> StopReason:
    return StopReason("converged", "Converged: the residual is zero, at least up to rounding.")


def nothing_free() -> StopReason:
    return StopReason("converged", "Converged: there is no free parameter.")


def target_reached(cost: float, target: float) -> StopReason:
    return StopReason(
        "cost_target", f"The cost {cost:.6g} is at or below the target {target:.6g} that was set."
    )


def stopped() -> StopReason:
    return StopReason("stopped", "Stopped on request before convergence; a fit can go on from here.")


def iterations_used(limit: int, offset: float | None) -> StopReason:
    where = "" if offset is None else f" (relative offset {offset:.1e})"
    return StopReason(
        "max_iterations",
        f"Not converged after {limit} iterations{where}; raise max_iterations, or look at whether the cost "
        "still falls: if hardly, the parameters may be poorly determined or badly started.",
    )


def stalled(rejections: int, offset: float | None) -> StopReason:
    where = "" if offset is None else f" at relative offset {offset:.1e}"
    return StopReason(
        "stalled",
        f"Stalled: {rejections} trial steps in a row did not lower the cost{where}. The residual may be "
        "noisy or not smooth here, its derivatives may be wrong, or it is not finite just beyond; "
        "start elsewhere, set bounds, or check the derivatives.",
    )


def influence_lost(names: str) -> StopReason:
    return StopReason(
        "degenerate",
        f"Not converged: the fit ran to where the residual no longer depends on {names}. "
        "Start elsewhere, or bound what ran away.",
    )


def constant() -> StopReason:
    return StopReason(
        "degenerate",
        "Not converged: the residual does not depend on any parameter here. Start elsewhere.",
    )


def evaluations_used(limit: int) -> StopReason:
    return StopReason(
        "max_iterations",
        f"Not converged after {limit} evaluations; raise max_evaluations, or take a method that uses more of "
        "what is known, such as geodesic-lm.",
    )


def ended_short(method: str, words: str, offset: float | None) -> StopReason:
    where = "" if offset is None else f" (relative offset {offset:.1e})"
    said = words.strip().rstrip(".")
    return StopReason(
        "stalled",
        f'Stalled: {method} ended ("{said}") where the parameters could still lower the cost{where}. '
        "Take geodesic-lm, or start elsewhere.",
    )


def epochs_used(limit: int, offset: float | None) -> StopReason:
    where = "" if offset is None else f" (relative offset {offset:.1e})"
    return StopReason(
        "max_iterations",
        f"Not converged after {limit} epochs{where}; raise epochs, or go on by geodesic-lm with "
        "run.start_from, which finds the minimum to all digits.",
    )
