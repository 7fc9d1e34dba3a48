"""The Python interface: what `hpcfit.fit`, `hpcfit.fit_table`, `hpcfit.run` and `hpcfit.load` are."""

from hpcfit.api.analysis import Analysis, analyze
from hpcfit.api.entry import fit, load, run
from hpcfit.api.outcome import Fit
from hpcfit.api.potential import Free, Potential, Tied
from hpcfit.api.table_entry import fit_table

__all__ = ["Analysis", "Fit", "Free", "Potential", "Tied", "analyze", "fit", "fit_table", "load", "run"]
