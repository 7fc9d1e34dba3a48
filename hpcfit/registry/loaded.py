"""The plugins that are loaded, what each registers, and what went wrong with it.

A plugin that fails is kept as a note, so that jobs that do not use it run; the note is shown when
a name is not found, and by `hpcfit plugins`.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pluggy

from hpcfit.errors import PluginError
from hpcfit.registry import hookspecs
from hpcfit.registry.failure import describe
from hpcfit.registry.hook_problem import hook_problem
from hpcfit.registry.kinds import Kind
from hpcfit.registry.plugin import Plugin

#: the plugin that what is built in belongs to; if it fails, that is a fault of hpcfit
BUILTIN = "hpcfit"


class LoadedPlugins:
    """Plugins by name, in the order of loading."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._plugins: dict[str, Plugin] = {}
        self._tables: dict[Kind, dict[str, list[tuple[str, Any]]]] = {}

    def __iter__(self) -> Iterator[Plugin]:
        """All plugins, the failed ones with their error."""
        return iter(self._plugins.values())

    def __getitem__(self, name: str) -> Plugin:
        return self._plugins[name]

    def load(self, load: Callable[[], object], plugin: Plugin) -> None:
        """Load a plugin and register it, with the time that takes.

        Raises:
            PluginError: see `register`.
        """
        begin = time.perf_counter()
        module = load()
        self.register(module, replace(plugin, seconds=time.perf_counter() - begin))

    def register(self, module: object, plugin: Plugin) -> None:
        """Add a module or an object that is loaded.

        Raises:
            PluginError: a name that is taken, or something that is no plugin.
        """
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

    def note(self, plugin: Plugin, error: str) -> None:
        """Keep a plugin with what went wrong."""
        key = plugin.name
        if key in self._plugins and self._plugins[key].source != plugin.source:
            key = f"{plugin.name} ({plugin.source})"
        self._plugins[key] = replace(plugin, error=error)

    def registered(self, kind: Kind) -> Mapping[str, list[tuple[str, Any]]]:
        """For each name of a kind, the plugins that claim it, each with what it stands for; calls hooks."""
        if kind not in self._tables:
            table: dict[str, list[tuple[str, Any]]] = {}
            for hook in self.implementations(f"hpcfit_{kind}"):
                for name, item in self._call(hook).items():
                    table.setdefault(name, []).append((hook.plugin_name, item))
            self._tables[kind] = table
        return self._tables[kind]

    def implementations(self, hook: str) -> list[pluggy.HookImpl]:
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
            self.note(plugin, describe(error))
            return {}
        seconds = plugin.seconds + time.perf_counter() - begin
        self._plugins[plugin.name] = plugin = replace(plugin, seconds=seconds)
        if isinstance(result, Mapping) and all(isinstance(name, str) for name in result):
            return result
        where = f"{hook.function.__name__} must return a dictionary of names"
        self.note(plugin, f"{where}, not {result!r:.60}.")
        return {}
