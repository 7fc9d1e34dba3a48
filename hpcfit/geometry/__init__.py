"""Bonds: neighbour lists as flat arrays, and what is wrong with a structure."""
