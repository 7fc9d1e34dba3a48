"""Dense linear algebra of least squares: triangles of QR, their merging, damped solves."""

from hpcfit.linalg.merge_order import MergeOrder
from hpcfit.linalg.rfactor import RFactor

__all__ = ["MergeOrder", "RFactor"]
