"""The use of a fit: predictions on datasets, an ASE calculator, the start of another job."""

from hpcfit.use.fitted_potential import Evaluation, FittedPotential, fitted_potential
from hpcfit.use.open_potential import open_potential

__all__ = ["Evaluation", "FittedPotential", "fitted_potential", "open_potential"]
