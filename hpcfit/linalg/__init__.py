"""Triangles of Jacobians, their merging in a fixed order, and the damped steps taken from them."""

from hpcfit.linalg.damped import DampedSystem
from hpcfit.linalg.merge_order import MergeOrder, merge_sums
from hpcfit.linalg.rfactor import RFactor
from hpcfit.linalg.uncertainty import Uncertainty, inverse_root, uncertainty

__all__ = [
    "DampedSystem",
    "MergeOrder",
    "RFactor",
    "Uncertainty",
    "inverse_root",
    "merge_sums",
    "uncertainty",
]
