"""SciPy's optimizers behind the interface of all: scaled, counted, watched, and judged by one measure."""
