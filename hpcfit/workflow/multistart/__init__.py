"""Fits from many starts, each by a group of ranks; the best of them is the result."""
