"""For authors of plugins: checks of what a part of one's own promises, to be called from its tests.

Each check makes its own structures and configurations, and raises `ConformanceError`, an AssertionError
whose message says what is wrong, where and by how much::

    from hpcfit.testing import check_potential

    def test_my_potential():
        check_potential(my_potential)
"""

from hpcfit.testing.configurations import sample_configurations
from hpcfit.testing.conformance_error import ConformanceError
from hpcfit.testing.potential import PotentialReport, check_potential
from hpcfit.testing.reader import check_reader
from hpcfit.testing.residual import check_residual
from hpcfit.testing.weight import check_weight

__all__ = [
    "ConformanceError",
    "PotentialReport",
    "check_potential",
    "check_reader",
    "check_residual",
    "check_weight",
    "sample_configurations",
]
