"""Formulas as text: reading them safely, and turning them into energies and derivatives."""
