"""Configurations that find faults of weights and residuals: every kind of cell, and references missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from hpcfit.data import Configuration
from hpcfit.testing.potential.structures import sample_structures

#: angstrom, about that of silicon
_DISTANCE = 2.4
_SPECIES = ("Si", "C")


def sample_configurations(seed: int = 0) -> tuple[Configuration, ...]:
    """Nine configurations of silicon and carbon with random references, tags and weights of the source.

    Those without a cell have no stress; one each has no energy, no forces, no stress, no energy but
    zero forces, and a single atom. One name says that it is a crack, and all tags come twice or more.
    """
    random = np.random.default_rng(seed)
    structures = sample_structures(_SPECIES, _DISTANCE, (), seed)
    whole = [_with_references(each, random) for each in structures]
    skewed, left_handed, slab, cluster, _ = whole
    alone = replace(
        skewed,
        identifier="single atom",
        numbers=skewed.numbers[:1],
        positions=skewed.positions[:1],
        forces=np.zeros((1, 3)),
        atom_weights=np.array([0.7]),
    )
    return (
        *whole,
        replace(slab, identifier="slab with_cracks, without energy", energy=None, tag="defect"),
        replace(cluster, identifier="cluster without forces", forces=None, tag="defect"),
        replace(left_handed, identifier="left-handed cell without stress", stress=None, tag="bulk"),
        alone,
    )


def _with_references(structure: Configuration, random: np.random.Generator) -> Configuration:
    n = structure.natoms
    return replace(
        structure,
        energy=float(random.normal(-4.6 * n, 0.3)),
        forces=random.normal(0.0, 1.0, (n, 3)),
        stress=random.normal(0.0, 0.02, 6) if structure.volume > 0.0 else None,
        tag="bulk" if structure.pbc.all() else "defect",
        weights={"config": 1.0, "energy": 2.0, "forces": 0.5, "stress": 1.5},
        atom_weights=random.uniform(0.5, 2.0, n),
    )


def copied(configuration: Configuration) -> Configuration:
    """The same with arrays of its own, so that what changes in one does not change in the other."""
    arrays: dict[str, Any] = {
        each.name: value.copy()
        for each in fields(configuration)
        if isinstance(value := getattr(configuration, each.name), np.ndarray)
    }
    return replace(configuration, weights=dict(configuration.weights), **arrays)


def changed_field(before: Configuration, after: Configuration) -> str | None:
    """The first field in which two configurations differ, by its name."""
    for each in fields(before):
        one, other = getattr(before, each.name), getattr(after, each.name)
        if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
            same = one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
        elif isinstance(one, Mapping):
            same = dict(one) == dict(other)
        else:
            same = type(one) is type(other) and one == other
        if not same:
            return each.name
    return None
