"""Installed plugins for the tests of the registry."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from installed_plugin import install_plugin


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """install(name, source, requires=()) puts a package with a plugin on the import path."""
    folder = tmp_path / "site-packages"
    monkeypatch.syspath_prepend(str(folder))

    def add(name: str, source: str, requires: tuple[str, ...] = ()) -> None:
        monkeypatch.delitem(sys.modules, install_plugin(folder, name, source, requires), raising=False)

    return add
