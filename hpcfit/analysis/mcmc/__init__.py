"""Sampling of the parameters by an ensemble of walkers (emcee), in proportion to how well they fit."""
