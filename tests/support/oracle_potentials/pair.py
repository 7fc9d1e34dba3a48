"""Pair potentials of the catalogue."""

from __future__ import annotations

from typing import Any

from oracle import Case, Folder, Part, catalogue


def _named(folder: str, name: str, rename: dict[str, str] | None = None, **options: Any) -> Case:
    """An entry whose parameters LAMMPS gives by pair; `rename` maps our names to those of params.json."""
    names = {"rc": "cutoff", **(rename or {})}

    def parts(of: Folder) -> list[Part]:
        return [catalogue(of, name, lambda each, key: of.of_pair(names.get(each, each), key), **options)]

    return Case(folder, ", ".join([name, *options.values()]), parts)


CASES = (
    _named("lj_cut", "lennard-jones", truncation="none"),
    _named("lj_cut_mix", "lennard-jones", truncation="none"),
    _named("lj_cut_shift", "lennard-jones", truncation="shift"),
    _named("lj_smooth_linear", "lennard-jones", truncation="force-shift"),
    _named("morse", "morse", {"D": "D0"}, truncation="none"),
    _named("morse_shift_2sp", "morse", {"D": "D0"}, truncation="shift"),
    _named("morse_smooth_linear", "morse", {"D": "D0"}, truncation="force-shift"),
)
