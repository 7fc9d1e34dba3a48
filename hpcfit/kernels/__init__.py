"""Site energies of many configurations and their derivatives, by compiled kernels."""

from hpcfit.kernels.ase_potential import AsePotential
from hpcfit.kernels.model import AnyModel, compile_model
from hpcfit.kernels.residual_rows import ResidualRows
from hpcfit.kernels.site_function import SiteFunction
from hpcfit.kernels.site_model import SiteModel

__all__ = ["AnyModel", "AsePotential", "ResidualRows", "SiteFunction", "SiteModel", "compile_model"]
