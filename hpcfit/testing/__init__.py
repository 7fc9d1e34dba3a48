"""For authors of plugins: checks of what a part of one's own promises, to be called from its tests."""

from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.potential import PotentialReport, check_potential

__all__ = ["ConformanceError", "PotentialReport", "check_potential"]
