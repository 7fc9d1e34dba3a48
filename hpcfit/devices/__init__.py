"""What runs the kernels: the processor (numba), later graphics cards."""
