"""Site energies of many configurations and their derivatives, by compiled kernels."""

from hpcfit.kernels.ase_potential import AsePotential
from hpcfit.kernels.model import Model, compile_model
from hpcfit.kernels.residual_rows import ResidualRows
from hpcfit.kernels.site_function import SiteFunction
from hpcfit.kernels.site_model import SiteModel

__all__ = ["AsePotential", "Model", "ResidualRows", "SiteFunction", "SiteModel", "compile_model"]
