"""Pictures of runs: what was fitted, how the fit went, and what is known of its parameters."""
