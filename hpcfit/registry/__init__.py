"""The registry: what a name in a job file stands for, whether it is built in or from a plugin."""

from hpcfit.registry.hookspecs import hookimpl
from hpcfit.registry.kinds import KINDS, Kind
from hpcfit.registry.local_files import is_reference
from hpcfit.registry.manager import OF_A_PROGRAM, Registry
from hpcfit.registry.plugin import Plugin

__all__ = ["KINDS", "OF_A_PROGRAM", "Kind", "Plugin", "Registry", "hookimpl", "is_reference"]
