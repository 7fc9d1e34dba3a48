"""Fit interatomic potentials, or any formula, to reference data, distributed over MPI ranks."""

__version__ = "0.1.0"
