"""The plugin manager: loads plugins, collects what they register, and finds it by name.

A plugin that fails is kept as a note, so that jobs that do not use it run; the note is shown when
a name is not found, and by `hpcfit plugins`. Two plugins with one name for different things are an
error as soon as that name is used. Built-in things are registered first.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from hpcfit.errors import PluginError
from hpcfit.registry import builtin, hookspecs
from hpcfit.registry.failure import describe
from hpcfit.registry.given import GivenObjects
from hpcfit.registry.kinds import KINDS, Kind, contract_problem
from hpcfit.registry.local_files import LocalFiles, is_reference
from hpcfit.suggest import suggestion

if TYPE_CHECKING:
    from hpcfit.optimize import IterationEvent

ENTRY_POINT_GROUP = "hpcfit"
BUILTIN = "hpcfit"
#: names of objects that a program gives to a job begin with this
OF_A_PROGRAM = "python:"


@dataclass(frozen=True)
class Plugin:
    """One plugin: where it came from, and why it failed if it did."""

    name: str
    source: str
    error: str | None = None


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
        found = entry_points(group=ENTRY_POINT_GROUP)
        for entry in sorted(found, key=lambda e: (e.name, e.value)):
            plugin = Plugin(entry.name, _source(entry))
            try:
                self._register(entry.load(), plugin)
            except PluginError as error:
                self._note(plugin, str(error))
            except (Exception, SystemExit) as error:
                self._note(plugin, describe(error))

    def load_local(self, file: str) -> None:
        """Load a plugin module from a file in the folder.

        Raises:
            PluginError: when it cannot be loaded, with file and line; a job asked for it by name.
        """
        self._register(self._files.module(file), Plugin(file, "local file"))

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
        item = self._files.object(name) if is_reference(name) else self._registered(kind, name)
        problem = contract_problem(kind, item)
        if problem is not None:
            raise PluginError(f"{name} cannot be a {KINDS[kind]}: it {problem}.")
        return item

    def observes(self, plugin: str) -> bool:
        """Whether a plugin is told of iterations."""
        return any(hook.plugin_name == plugin for hook in self._implementations("hpcfit_iteration"))

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

    def _registered(self, kind: Kind, name: str) -> Any:
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
        return entries[0][1]

    def _clash(self, kind: Kind, name: str, owners: list[str]) -> str:
        first, second = (self._plugins[owner] for owner in owners[:2])
        return (
            f"{KINDS[kind]} {name!r} is registered by both {first.name} ({first.source}) and "
            f"{second.name} ({second.source}). Uninstall or rename one of them."
        )

    def _register(self, module: object, plugin: Plugin) -> None:
        if inspect.isclass(module):
            module = module()
        if plugin.name in self._plugins:
            other = self._plugins[plugin.name]
            raise PluginError(
                f"plugin {plugin.name} ({plugin.source}) has the name of a plugin already loaded "
                f"({other.source}). Rename or uninstall one of them."
            )
        try:
            self._manager.register(module, plugin.name)
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginError(f"plugin {plugin.name}: {' '.join(str(error).split())}") from error
        problem = self._hook_problem(module)
        if problem:
            self._manager.unregister(module)
            raise PluginError(f"plugin {plugin.name}: {problem}")
        self._plugins[plugin.name] = plugin
        self._tables.clear()

    def _hook_problem(self, module: object) -> str | None:
        callers = self._manager.get_hookcallers(module) or []
        known = [name for name in vars(hookspecs) if name.startswith("hpcfit_")]
        for caller in callers:
            if caller.name not in known:
                return f"unknown hook {caller.name}.{suggestion(caller.name, known)}"
        if not callers:
            return (
                "it registers nothing. Mark a function with @hookimpl "
                f"(from hpcfit.registry import hookimpl); hooks: {', '.join(known)}."
            )
        return None

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
        try:
            result = hook.function()
        except Exception as error:
            if hook.plugin_name == BUILTIN:
                raise
            self._note(self._plugins[hook.plugin_name], describe(error))
            return {}
        if isinstance(result, Mapping) and all(isinstance(name, str) for name in result):
            return result
        where = f"{hook.function.__name__} must return a dictionary of names"
        self._note(self._plugins[hook.plugin_name], f"{where}, not {result!r:.60}.")
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


def _source(entry: EntryPoint) -> str:
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else entry.value
    return f"installed with {package}"
