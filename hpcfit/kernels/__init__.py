"""Site energies of many configurations and their derivatives, by compiled kernels.

How formulas become a kernel:

    symbols, terms              formulas as expressions, and what each is a sum over
    plan                        which derivatives are computed, and at which stage: once per call, per bond,
                                or per pair of bonds
    table_writer                code of the stages: once per call, for parameters alone,
    bond_stage                  once per bond,
    site_stage, triplet_loop    once per site, and per pair of its bonds
    spline_stage                for coefficients of splines, four of which matter to a bond
    template, generate          all of it as the text of one module, of which `layout` knows the tables
    kernel, site_model          compiled, or loaded from the cache; predictions, residuals and Jacobians

Three packages hold what only some potentials need, with plans and stages of their own: `environment` (zeta),
`density` (densities and embeddings) and `hand_written` (code instead of formulas). `model` picks what a job
needs; where some potentials are formulas and some are code, `summed_model` adds them up.
"""

from hpcfit.kernels.hand_written.ase_potential import AsePotential
from hpcfit.kernels.hand_written.site_function import SiteFunction
from hpcfit.kernels.model import AnyModel, compile_model
from hpcfit.kernels.residual_rows import ResidualRows
from hpcfit.kernels.site_model import SiteModel

__all__ = ["AnyModel", "AsePotential", "ResidualRows", "SiteFunction", "SiteModel", "compile_model"]
