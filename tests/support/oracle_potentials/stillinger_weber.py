"""Stillinger-Weber, whose triplets' energy scale is the geometric mean of their bonds'."""

from __future__ import annotations

from math import sqrt

from oracle import Case, Folder, Part, catalogue

from hpcfit.formula.keys import Key


def _parts(of: Folder) -> list[Part]:
    def number(name: str, key: Key) -> float:
        value = of.of_triplet(name, key)
        if name != "lambda":
            return value
        # LAMMPS has an epsilon of its own for each triplet; lambda takes what it is more than the mean.
        bonds = [of.of_triplet("epsilon", (key[0], other)) for other in key[1:]]
        return value * of.of_triplet("epsilon", key) / sqrt(bonds[0] * bonds[1])

    return [catalogue(of, "stillinger-weber", number)]


CASES = tuple(Case(folder, "stillinger-weber", _parts) for folder in ("sw", "sw_2sp"))
