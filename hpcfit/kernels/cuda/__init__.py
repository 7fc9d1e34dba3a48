"""Potentials on a graphics card: the staged assignments of formulas as CUDA C.

There is one thread for each atom or bond and each derivative, so the order of every sum is fixed, and the
number of parameters of a potential changes neither registers nor shared memory of a kernel.
"""
