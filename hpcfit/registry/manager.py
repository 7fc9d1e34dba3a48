"""The plugin manager: loads plugins, collects what they register, and finds it by name.

A plugin that fails is kept as a note, so that jobs that do not use it run; the note is shown when
a name is not found, and by `hpcfit plugins`. Two plugins with one name for different things are an
error as soon as that name is used. Built-in things are registered first.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from hpcfit.errors import PluginError
from hpcfit.registry import builtin, hookspecs
from hpcfit.registry.failure import describe
from hpcfit.registry.given import GivenObjects
from hpcfit.registry.hook_problem import hook_problem
from hpcfit.registry.installed import installed_plugins
from hpcfit.registry.kinds import KINDS, ONE_OF, Kind, contract_problem
from hpcfit.registry.local_files import LocalFiles, is_reference
from hpcfit.registry.modules import module_object
from hpcfit.registry.plugin import Plugin
from hpcfit.suggest import suggestion

if TYPE_CHECKING:
    from hpcfit.optimize import IterationEvent

BUILTIN = "hpcfit"
#: names of objects that a program gives to a job begin with this
OF_A_PROGRAM = "python:"


class Registry:
    """Everything that names in job files can stand for.

    Args:
        folder: where local plugin files and "file.py:object" are looked for.
    """

    def __init__(self, folder: Path) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._files = LocalFiles(folder)
        self._plugins: dict[str, Plugin] = {}
        self._tables: dict[Kind, dict[str, list[tuple[str, Any]]]] = {}
        self._register(builtin, Plugin(BUILTIN, "built in"))

    @property
    def plugins(self) -> tuple[Plugin, ...]:
        """All plugins in the order of loading, the failed ones with their error."""
        return tuple(self._plugins.values())

    def load_installed(self) -> None:
        """Load the plugins of installed packages; one that fails is noted and passed over."""
        for found in installed_plugins():
            plugin = Plugin(found.name, found.source)
            try:
                self._load(found.load, plugin)
            except PluginError as error:
                self._note(plugin, str(error))
            except (Exception, SystemExit) as error:
                self._note(plugin, describe(error))

    def load_local(self, file: str) -> None:
        """Load a plugin module from a file in the folder.

        Raises:
            PluginError: when it cannot be loaded, with file and line; a job asked for it by name.
        """
        self._load(lambda: self._files.module(file), Plugin(file, "local file"))

    def load_object(self, plugin: object) -> None:
        """Load a plugin that is a module or an object of this program.

        Raises:
            PluginError: when it is none.
        """
        name = str(getattr(plugin, "__name__", None) or type(plugin).__name__)
        self._register(plugin, Plugin(name, "given by this program"))

    def add_objects(self, objects: Mapping[Kind, Mapping[str, Any]]) -> None:
        """Make objects known under the names that one job has given them."""
        if any(objects.values()):
            self._register(GivenObjects(objects), Plugin("objects", "given by this program"))

    def names(self, kind: Kind) -> tuple[str, ...]:
        """The names registered for a kind, built-in ones first."""
        return tuple(self._table(kind))

    def provided(self, plugin: str) -> dict[Kind, tuple[str, ...]]:
        """The names that one plugin registers, by kind; calls its hooks."""
        return {
            kind: names
            for kind in KINDS
            if (
                names := tuple(
                    name
                    for name, entries in self._table(kind).items()
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
        return any(hook.plugin_name == plugin for hook in self._implementations("hpcfit_iteration"))

    def misfits(self, plugin: str) -> tuple[str, ...]:
        """A sentence for each thing of one plugin that is not of the kind it is registered as."""
        return tuple(
            f"{name} cannot be {ONE_OF[kind]}: it {problem}."
            for kind in KINDS
            for name, entries in self._table(kind).items()
            for owner, item in entries
            if owner == plugin and (problem := contract_problem(kind, item)) is not None
        )

    def clashes(self) -> tuple[str, ...]:
        """A sentence for each name that two plugins claim."""
        return tuple(
            self._clash(kind, name, [owner for owner, _ in entries])
            for kind in KINDS
            for name, entries in self._table(kind).items()
            if len(entries) > 1
        )

    def iteration(self, event: IterationEvent) -> None:
        """Tell every plugin that has `hpcfit_iteration` of an iteration.

        Raises:
            PluginError: naming the plugin that raised an exception, with file and line.
        """
        for hook in self._implementations("hpcfit_iteration"):
            try:
                hook.function(*[event for _ in hook.argnames])
            except Exception as error:
                raise PluginError(
                    f"plugin {hook.plugin_name}: hpcfit_iteration failed: {describe(error)}"
                ) from error

    def _registered(self, kind: Kind, name: str) -> tuple[Any, str]:
        """What a name stands for, and " of plugin X (source)"."""
        table = self._table(kind)
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

    def _load(self, load: Callable[[], object], plugin: Plugin) -> None:
        begin = time.perf_counter()
        module = load()
        self._register(module, replace(plugin, seconds=time.perf_counter() - begin))

    def _register(self, module: object, plugin: Plugin) -> None:
        if inspect.isclass(module):
            module = module()
        if plugin.name in self._plugins:
            other = self._plugins[plugin.name]
            raise PluginError(
                f"plugin {plugin.name} ({plugin.source}) has the name of a plugin already loaded "
                f"({other.source}). Rename or uninstall one of them."
            )
        problem = hook_problem(module)
        if problem:
            raise PluginError(f"plugin {plugin.name}: {problem}")
        try:
            self._manager.register(module, plugin.name)
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginError(f"plugin {plugin.name}: {' '.join(str(error).split())}") from error
        self._plugins[plugin.name] = plugin
        self._tables.clear()

    def _table(self, kind: Kind) -> dict[str, list[tuple[str, Any]]]:
        if kind not in self._tables:
            table: dict[str, list[tuple[str, Any]]] = {}
            for hook in self._implementations(f"hpcfit_{kind}"):
                for name, item in self._call(hook).items():
                    table.setdefault(name, []).append((hook.plugin_name, item))
            self._tables[kind] = table
        return self._tables[kind]

    def _implementations(self, hook: str) -> list[pluggy.HookImpl]:
        """The implementations in order of registration, so that built-in ones come first."""
        order = list(self._plugins)
        implementations: list[pluggy.HookImpl] = getattr(self._manager.hook, hook).get_hookimpls()
        return sorted(implementations, key=lambda each: order.index(each.plugin_name))

    def _call(self, hook: pluggy.HookImpl) -> Mapping[str, Any]:
        """What a registering hook returns; nothing, and a note, when it fails."""
        plugin, begin = self._plugins[hook.plugin_name], time.perf_counter()
        try:
            result = hook.function()
        except (Exception, SystemExit) as error:
            if hook.plugin_name == BUILTIN:
                raise
            self._note(plugin, describe(error))
            return {}
        seconds = plugin.seconds + time.perf_counter() - begin
        self._plugins[plugin.name] = plugin = replace(plugin, seconds=seconds)
        if isinstance(result, Mapping) and all(isinstance(name, str) for name in result):
            return result
        where = f"{hook.function.__name__} must return a dictionary of names"
        self._note(plugin, f"{where}, not {result!r:.60}.")
        return {}

    def _note(self, plugin: Plugin, error: str) -> None:
        key = plugin.name
        if key in self._plugins and self._plugins[key].source != plugin.source:
            key = f"{plugin.name} ({plugin.source})"
        self._plugins[key] = replace(plugin, error=error)

    def _advice(self, name: str, known: tuple[str, ...]) -> str:
        failed = [p for p in self._plugins.values() if p.error is not None]
        notes = "".join(f" Plugin {p.name} failed to load: {p.error}" for p in failed)
        return f"{suggestion(name, known)}{notes}"
