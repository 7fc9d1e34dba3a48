"""The numbers that a fit has found, as Python sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpcfit.api.parameter_table import ParameterTable, by_label
from hpcfit.output.amounts import Counts, Memory, Timing
from hpcfit.output.result import Result, Rmse


class Found:
    """What result.json holds, by short names.

    Attributes:
        result: all of it.
        note: for a run that had finished before, a sentence that says so.
    """

    def __init__(self, result: Result, note: str | None = None) -> None:
        self.result, self.note = result, note

    @property
    def converged(self) -> bool:
        """Whether a minimum was found."""
        return self.result.converged

    @property
    def status(self) -> str:
        """ "converged", or in one word why the fit ended: "max_iterations", "stopped", ..."""
        return self.result.status

    @property
    def reason(self) -> str:
        """A sentence on the status."""
        return self.result.reason

    @property
    def loss(self) -> float:
        """Half the sum of the squared residuals at the end."""
        return self.result.loss

    @property
    def history(self) -> list[float]:
        """The loss at the start and after each accepted step."""
        return self.result.objective_history

    objective_history = history

    @property
    def parameters(self) -> ParameterTable:
        """All parameters with values, standard errors and bounds; prints as a table."""
        return ParameterTable(self.result)

    @property
    def values(self) -> dict[str, float]:
        """Value of every parameter, the fixed ones too, by label.

        A label that several potentials have is preceded by its potential and, if that does not tell
        either, by its place among all parameters.
        """
        return {label: q.value for label, q in by_label(self.result).items()}

    def __getitem__(self, label: str) -> float:
        """The value of a parameter, by its label in `values`; KeyError where no one parameter has it."""
        return self.parameters[label].value

    @property
    def rmse(self) -> Rmse:
        """Root-mean-square errors of training and test data, by target and by tag."""
        return self.result.rmse

    @cached_property
    def covariance(self) -> NDArray[np.float64] | None:
        """Of `parameters.free` in their order, shape (p, p); None without degrees of freedom.

        NaN in the rows and columns of parameters at a bound, or that the data do not determine.
        """
        found = self.result.covariance
        return None if found is None else np.array(found, dtype=np.float64)

    @property
    def counts(self) -> Counts:
        """How often what was evaluated."""
        return self.result.counts

    @property
    def timing(self) -> Timing:
        """Where the time went, in seconds."""
        return self.result.timing

    @property
    def memory(self) -> Memory:
        """Bytes of the rank that uses most: predicted, and measured at most."""
        return self.result.memory

    @property
    def null_directions(self) -> list[str]:
        """Sentences on what the data do not determine."""
        return self.result.null_directions

    @property
    def warnings(self) -> list[str]:
        """Sentences on what kept the fit from going further."""
        return self.result.warnings

    @property
    def provenance(self) -> Mapping[str, Any]:
        """Versions, hashes of the data, host, ranks, time."""
        return self.result.provenance

    def __contains__(self, label: object) -> bool:
        return label in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __str__(self) -> str:
        return "\n\n".join([*([self.note] if self.note else []), str(self.result)])

    def __repr__(self) -> str:
        fitted = ", ".join(f"{self.result.label(q)}={q.value:.6g}" for q in self.parameters.free)
        return f"<Fit {self.status}, loss {self.loss:.6g}: {fitted}>"

    def _repr_html_(self) -> str:
        from hpcfit.output.fragment import result_fragment

        return result_fragment(self.result, self.note)
