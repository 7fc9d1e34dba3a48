"""A rank's share of the least-squares problem: parameters, rows, chunks, objective."""
