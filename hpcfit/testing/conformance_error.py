"""What the checks of this package raise."""

from __future__ import annotations


class ConformanceError(AssertionError):
    """Something does not keep what hpcfit expects of its kind.

    The message is one sentence: what is wrong, where (structure, atom, parameter, configuration, file), and
    by how much. A subclass of AssertionError, so that a test that calls a check fails and does not crash.
    """
