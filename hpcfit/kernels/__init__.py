"""Site energies of many configurations and their derivatives, by compiled kernels."""

from hpcfit.kernels.residual_rows import ResidualRows
from hpcfit.kernels.site_model import SiteModel, compile_model

__all__ = ["ResidualRows", "SiteModel", "compile_model"]
