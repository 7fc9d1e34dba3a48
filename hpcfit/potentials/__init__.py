"""The catalogue of potentials: formulas and published parameters only."""
