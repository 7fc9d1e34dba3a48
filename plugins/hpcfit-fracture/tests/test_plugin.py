"""hpcfit finds all parts under their names, by the hooks of the module that the entry point names."""

from __future__ import annotations

from pathlib import Path

from hpcfit.registry import Registry

import hpcfit_fracture.plugin


def test_the_hooks_register_a_potential_weights_and_a_residual() -> None:
    registry = Registry(Path.cwd())
    registry.load_installed()
    if not any(plugin.name == "fracture" for plugin in registry.plugins):  # not installed, only importable
        registry.load_object(hpcfit_fracture.plugin)
    assert registry.clashes() == ()
    for kind, name in (
        ("potentials", "brittle-silicon"),
        ("weights", "crack-tip"),
        ("residuals", "cracks-count-more"),
    ):
        assert registry.find(kind, name) is not None
