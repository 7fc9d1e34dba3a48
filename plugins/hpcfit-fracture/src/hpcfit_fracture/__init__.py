"""Parts for fits of fracture: a potential of brittle silicon, crack weights and a crack residual."""

__version__ = "0.1.0"
