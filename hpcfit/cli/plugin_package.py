"""A plugin as a package of its own, written from the templates beside this file.

A template is a file that ends in .template; $name and the like are replaced in its text, MODULE in its path.
"""

from __future__ import annotations

import importlib.util
import keyword
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from hpcfit import __version__
from hpcfit.errors import PluginError

TEMPLATES = Path(__file__).parent / "plugin_template"
_ENDING = ".template"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*([-_.][A-Za-z0-9]+)*\Z")


@dataclass(frozen=True)
class Names:
    """What a package is called: by installers, in Python, and as a plugin in `hpcfit plugins`."""

    name: str
    module: str
    short: str

    @classmethod
    def of(cls, name: str) -> Names:
        """All names of the package `name`.

        Raises:
            PluginError: it cannot be the name of a package, or is one that is there already.
        """
        if not _NAME.match(name):
            raise PluginError(
                f"{name!r} cannot be the name of a package: write a letter first, then letters and digits, "
                "with single - or _ between them, such as hpcfit-fracture."
            )
        name = re.sub(r"[-_.]", "-", name).lower()
        module = name.replace("-", "_")
        if keyword.iskeyword(module) or module in sys.stdlib_module_names or _is_there(module):
            raise PluginError(
                f"{name!r} cannot be the name of a plugin: Python has {module} already. Try hpcfit-{name}."
            )
        return cls(name, module, name.removeprefix("hpcfit-"))


def write_package(names: Names, folder: Path) -> tuple[Path, ...]:
    """Write the package into `folder`, which must be empty or not there; all of it or nothing.

    Returns:
        The files, relative to the folder.

    Raises:
        PluginError: the folder is not empty, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PluginError(f"{folder} is there already, and not empty. Give another name or --folder.")
    if folder.parent.exists() and not folder.parent.is_dir():
        raise PluginError(f"{folder} cannot be written: {folder.parent} is no folder. Give another --folder.")
    values = {
        "name": names.name,
        "module": names.module,
        "short": names.short,
        "version": ".".join(__version__.split(".")[:2]),
        "year": str(time.localtime().tm_year),
    }
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".new-plugin-", dir=folder.parent))
        try:
            files = _fill(draft, values)
            draft.chmod(0o755)
            os.replace(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise PluginError(f"{folder} cannot be written ({error.strerror}). Give another --folder.") from error
    return files


def _fill(folder: Path, values: Mapping[str, str]) -> tuple[Path, ...]:
    files = []
    for template in sorted(TEMPLATES.rglob(f"*{_ENDING}")):
        place = str(template.relative_to(TEMPLATES)).removesuffix(_ENDING)
        file = Path(place.replace("MODULE", values["module"]).replace("gitignore", ".gitignore"))
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        text = Template(template.read_text(encoding="utf-8")).substitute(values)
        (folder / file).write_text(text, encoding="utf-8")
        files.append(file)
    return tuple(files)


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
