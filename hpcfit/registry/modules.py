"""Objects of installed modules as "module:object", and the version of the code they come from."""

from __future__ import annotations

import hashlib
import importlib
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from hpcfit.errors import PluginError
from hpcfit.registry.failure import describe
from hpcfit.suggest import suggestion


def module_object(reference: str) -> Any:
    """What "module:object" stands for.

    Raises:
        PluginError: it is not of that form, the module cannot be imported, or has no such object.
    """
    module_name, colon, name = (part.strip() for part in reference.partition(":"))
    if not (colon and module_name and name):
        raise PluginError(
            f'{reference!r} is neither "module:Class" nor "file.py:function"; write for example '
            '"ase.calculators.lj:LennardJones".'
        )
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        missing = isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == "ase"
        if missing and "ase" not in sys.modules:
            raise PluginError(f"{reference} needs ASE: pip install 'hpcfit[ase]'.") from error
        raise PluginError(f"{module_name} cannot be imported: {describe(error)}.") from error
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            known = [own for own, value in vars(found).items() if isinstance(value, type)]
            raise PluginError(f"{module_name} has no {name}.{suggestion(name, known)}")
        found = getattr(found, part)
    return found


def code_version(item: Any) -> str:
    """The package, with its version, that an object comes from; without a package, a hash of its file."""
    module = getattr(item, "__module__", None) or ""
    package = module.partition(".")[0]
    for name in _distributions().get(package, ()):
        return f"{name} {metadata.version(name)}"
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is not None and Path(file).is_file():
        return f"content {hashlib.sha256(Path(file).read_bytes()).hexdigest()[:16]}"
    return "unknown version"


@cache
def _distributions() -> dict[str, list[str]]:
    """The packages that bring each top-level module, sorted."""
    return {name: sorted(set(found)) for name, found in metadata.packages_distributions().items()}
