"""Finds by name what plugins have registered; built-in things come first.

Two plugins with one name for different things are an error as soon as that name is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpcfit.errors import PluginError
from hpcfit.registry import builtin
from hpcfit.registry.failure import describe
from hpcfit.registry.given import GivenObjects
from hpcfit.registry.installed import installed_plugins
from hpcfit.registry.kinds import KINDS, ONE_OF, Kind, contract_problem
from hpcfit.registry.loaded import BUILTIN, LoadedPlugins
from hpcfit.registry.local_files import LocalFiles, is_reference
from hpcfit.registry.modules import module_object
from hpcfit.registry.plugin import Plugin
from hpcfit.suggest import suggestion

if TYPE_CHECKING:
    from hpcfit.optimize import IterationEvent

#: names of objects that a program gives to a job begin with this
OF_A_PROGRAM = "python:"


class Registry:
    """Everything that names in job files can stand for.

    Args:
        folder: where local plugin files and "file.py:object" are looked for.
    """

    def __init__(self, folder: Path) -> None:
        self._plugins = LoadedPlugins()
        self._files = LocalFiles(folder)
        self._plugins.register(builtin, Plugin(BUILTIN, "built in"))

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """All plugins in the order of loading, the failed ones with their error."""
        return tuple(self._plugins)

    def load_installed(self) -> None:
        """Load the plugins of installed packages; one that fails is noted and passed over."""
        for found in installed_plugins():
            plugin = Plugin(found.name, found.source)
            try:
                self._plugins.load(found.load, plugin)
            except PluginError as error:
                self._plugins.note(plugin, str(error))
            except (Exception, SystemExit) as error:
                self._plugins.note(plugin, describe(error))

    def load_local(self, file: str) -> None:
        """Load a plugin module from a file in the folder.

        Raises:
            PluginError: when it cannot be loaded, with file and line; a job asked for it by name.
        """
        self._plugins.load(lambda: self._files.module(file), Plugin(file, "local file"))

    def load_object(self, plugin: object) -> None:
        """Load a plugin that is a module or an object of this program.

        Raises:
            PluginError: when it is none.
        """
        name = str(getattr(plugin, "__name__", None) or type(plugin).__name__)
        self._plugins.register(plugin, Plugin(name, "given by this program"))

    def add_objects(self, objects: Mapping[Kind, Mapping[str, Any]]) -> None:
        """Make objects known under the names that one job has given them."""
        if any(objects.values()):
            self._plugins.register(GivenObjects(objects), Plugin("objects", "given by this program"))

    def names(self, kind: Kind) -> tuple[str, ...]:
        """The names registered for a kind, built-in ones first."""
        return tuple(self._plugins.registered(kind))

    def provided(self, plugin: str) -> dict[Kind, tuple[str, ...]]:
        """The names that one plugin registers, by kind; calls its hooks."""
        return {
            kind: names
            for kind in KINDS
            if (
                names := tuple(
                    name
                    for name, entries in self._plugins.registered(kind).items()
                    if any(owner == plugin for owner, _ in entries)
                )
            )
        }

    def find(self, kind: Kind, name: str) -> Any:
        """What `name`, or "file.py:object", stands for.

        Raises:
            PluginError: unknown name (with a suggestion, and the plugins that failed to load),
                a name that two plugins claim, a file that cannot be used, or a thing that is not
                of this kind.
        """
        item, of = (self._files.object(name), "") if is_reference(name) else self._registered(kind, name)
        problem = contract_problem(kind, item)
        if problem is not None:
            raise PluginError(f"{name}{of} cannot be {ONE_OF[kind]}: it {problem}.")
        return item

    def calculator(self, reference: str) -> Any:
        """What "module:Class" or "file.py:function" stands for, for a potential of ASE.

        Raises:
            PluginError: as `find`.
        """
        if is_reference(reference):
            return self._files.object(reference)
        if reference.startswith(OF_A_PROGRAM):
            return self._registered("potentials", reference)[0]
        return module_object(reference)

    def function(self, reference: str) -> Callable[..., Any]:
        """The function that "file.py:function" stands for.

        Raises:
            PluginError: a file that cannot be used, or something in it that cannot be called.
        """
        item = self._files.object(reference)
        if not callable(item):
            raise PluginError(f"{reference} is {type(item).__name__}, not a function.")
        return item

    def observes(self, plugin: str) -> bool:
        """Whether a plugin is told of iterations."""
        return any(hook.plugin_name == plugin for hook in self._plugins.implementations("hpcfit_iteration"))

    def misfits(self, plugin: str) -> tuple[str, ...]:
        """A sentence for each thing of one plugin that is not of the kind it is registered as."""
        return tuple(
            f"{name} cannot be {ONE_OF[kind]}: it {problem}."
            for kind in KINDS
            for name, entries in self._plugins.registered(kind).items()
            for owner, item in entries
            if owner == plugin and (problem := contract_problem(kind, item)) is not None
        )

    def clashes(self) -> tuple[str, ...]:
        """A sentence for each name that two plugins claim."""
        return tuple(
            self._clash(kind, name, [owner for owner, _ in entries])
            for kind in KINDS
            for name, entries in self._plugins.registered(kind).items()
            if len(entries) > 1
        )

    def iteration(self, event: IterationEvent) -> None:
        """Tell every plugin that has `hpcfit_iteration` of an iteration.

        Raises:
            PluginError: naming the plugin that raised an exception, with file and line.
        """
        for hook in self._plugins.implementations("hpcfit_iteration"):
            try:
                hook.function(*[event for _ in hook.argnames])
            except Exception as error:
                raise PluginError(
                    f"plugin {hook.plugin_name}: hpcfit_iteration failed: {describe(error)}"
                ) from error

    def _registered(self, kind: Kind, name: str) -> tuple[Any, str]:
        """What a name stands for, and " of plugin X (source)"."""
        table = self._plugins.registered(kind)
        entries = table.get(name, [])
        if not entries and name.startswith(OF_A_PROGRAM):
            raise PluginError(
                f"{name} is an object of the Python program that ran this job; only that program knows it."
            )
        if not entries:
            raise PluginError(f"unknown {KINDS[kind]} {name!r}.{self._advice(name, tuple(table))}")
        if len(entries) > 1:
            raise PluginError(self._clash(kind, name, [owner for owner, _ in entries]))
        owner, item = entries[0]
        return item, f" of plugin {owner} ({self._plugins[owner].source})"

    def _clash(self, kind: Kind, name: str, owners: list[str]) -> str:
        first, second = (self._plugins[owner] for owner in owners[:2])
        return (
            f"{KINDS[kind]} {name!r} is registered by both {first.name} ({first.source}) and "
            f"{second.name} ({second.source}). Uninstall or rename one of them."
        )

    def _advice(self, name: str, known: tuple[str, ...]) -> str:
        failed = [p for p in self._plugins if p.error is not None]
        notes = "".join(f" Plugin {p.name} failed to load: {p.error}" for p in failed)
        return f"{suggestion(name, known)}{notes}"
