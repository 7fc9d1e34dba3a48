"""What a card of the H200's class should reach, beside what gpu.py has measured."""

from __future__ import annotations

from typing import Any

#: seconds and times one core: Stillinger-Weber, energies, forces, Jacobian and folding of a million atoms
SW_SECONDS, SW_TIMES = 0.02, 100.0
#: part of the copy bandwidth: Lennard-Jones with about 130 neighbours
LJ_OF_COPY = 0.5
#: of an iteration of jobs/silicon-sw
LAUNCHES = 30.0
#: seconds from formulas to kernels, at first and later
FIRST, LATER = 10.0, 0.3
MILLION, FEW = 1_000_000, 10_000


def targets(found: dict[str, Any]) -> list[tuple[str, bool]]:
    """A sentence for each target of which something was measured, and whether it is met."""
    lines = [*_of_sw(found), *_of_lj(found), *_of_few_atoms(found)]
    if fit := found.get("silicon-sw"):
        launches = fit["launches_per_iteration"]
        lines.append(
            (f"an iteration of jobs/silicon-sw: {launches:.1f} launches of at most 30", launches <= LAUNCHES)
        )
    for name, seconds in found.get("first use", {}).items():
        if seconds["first"] > FIRST or seconds["later"] > LATER:
            took = f"{seconds['first']:.2f} s, later {seconds['later']:.2f} s"
            lines.append((f"first use of {name}: {took}, of at most 10 s and 0.3 s", False))
    if uses := found.get("first use"):
        name = max(uses, key=lambda each: uses[each]["first"])
        lines.append(
            (f"longest first use: {name}, {uses[name]['first']:.2f} s", uses[name]["first"] <= FIRST)
        )
    return lines


def _sizes(found: dict[str, Any], name: str) -> tuple[list[dict[str, Any]], dict[str, float] | None]:
    case = found.get("cases", {}).get(name, {})
    return case.get("sizes", []), case.get("core")


def _of_sw(found: dict[str, Any]) -> list[tuple[str, bool]]:
    sizes, core = _sizes(found, "sw")
    lines = []
    for one in sizes:
        if abs(one["atoms"] - MILLION) < 0.05 * MILLION:
            seconds = one["Jacobian + folding, seconds"]
            words = f"Stillinger-Weber, a million atoms, all folded: {1e3 * seconds:.2f} ms of at most 20"
            lines.append((words, seconds <= SW_SECONDS))
            if core is not None:
                times = one["atoms"] * core["with Jacobian, folded"] / seconds
                lines.append((f"the same: {times:.0f} times one core, of at least 100", times >= SW_TIMES))
    return lines


def _of_lj(found: dict[str, Any]) -> list[tuple[str, bool]]:
    sizes, _ = _sizes(found, "lj")
    if not sizes or "rates" not in found:
        return []
    own = sizes[-1]["energy + forces"]
    part = own["least_bytes"] / own["seconds"] / found["rates"]["copy_bytes_per_second"]
    words = f"Lennard-Jones, {sizes[-1]['atoms']:,} atoms: {part:.0%} of the copy bandwidth, of at least 50 %"
    return [(words, part >= LJ_OF_COPY)]


def _of_few_atoms(found: dict[str, Any]) -> list[tuple[str, bool]]:
    """Up to 10,000 atoms the card may be slower than a core by what its launches take, and by no more."""
    lines = []
    for name, case in found.get("cases", {}).items():
        core, rates = case.get("core"), found.get("rates")
        for one in case["sizes"]:
            if core is None or rates is None or one["atoms"] > FEW:
                continue
            own = one["energy + forces"]
            overhead = own["launches"] * rates["launch_seconds"] + rates["launch_and_wait_seconds"]
            ours, theirs = own["seconds"], one["atoms"] * core["energy + forces"]
            words = f"{name}, {one['atoms']:,} atoms: {1e6 * ours:.0f} us, one core {1e6 * theirs:.0f} us, "
            lines.append((words + f"launches {1e6 * overhead:.0f} us", ours <= theirs + overhead))
    return lines
