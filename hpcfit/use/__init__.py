"""The use of a fit: predictions on datasets, an ASE calculator, the start of another job."""

from hpcfit.use.evaluation import Evaluation
from hpcfit.use.fitted_potential import FittedPotential, fitted_potential
from hpcfit.use.open_potential import open_potential
from hpcfit.use.splines import Spline

__all__ = ["Evaluation", "FittedPotential", "Spline", "fitted_potential", "open_potential"]
