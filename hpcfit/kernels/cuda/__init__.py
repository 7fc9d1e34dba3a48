"""Potentials on a graphics card: the staged assignments of formulas as CUDA C, one thread for each atom or bond
and each derivative."""
