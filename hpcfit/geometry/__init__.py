"""Bonds: neighbour lists as flat arrays, and what is wrong with a structure."""

from hpcfit.geometry.bonds import Geometry, Structures
from hpcfit.geometry.build import build_geometry
from hpcfit.geometry.check import OVERLAP_DISTANCE, check_overlaps, check_structures
from hpcfit.geometry.count import InteractionCounts, count_interactions, neighbor_counts
from hpcfit.geometry.part import part_of_geometry

__all__ = [
    "OVERLAP_DISTANCE",
    "Geometry",
    "InteractionCounts",
    "Structures",
    "build_geometry",
    "check_overlaps",
    "check_structures",
    "count_interactions",
    "neighbor_counts",
    "part_of_geometry",
]
