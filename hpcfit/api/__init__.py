"""The Python interface: what `hpcfit.fit`, `hpcfit.run` and `hpcfit.load` are."""

from hpcfit.api.entry import fit, load, run
from hpcfit.api.outcome import Fit
from hpcfit.api.potential import Free, Potential, Tied

__all__ = ["Fit", "Free", "Potential", "Tied", "fit", "load", "run"]
