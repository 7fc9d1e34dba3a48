"""The errors that users see, and the exit code each one ends the program with.

A message says where (file and line, configuration, plugin, rank), what is wrong,
and what to do. These errors are printed without a traceback; anything else that
escapes is an internal error and is printed with one.
"""

from __future__ import annotations

from collections.abc import Sequence

EXIT_CONVERGED = 0
EXIT_NOT_CONVERGED = 1
EXIT_BAD_INPUT = 2
EXIT_INTERNAL = 70
EXIT_STOPPED_EARLY = 75


class HpcfitError(Exception):
    """Base of every error whose message is meant for the user.

    Attributes:
        exit_code: of the program that it ends.
        placed: the message says on which rank, or in which of several fits; nothing need be added.
    """

    exit_code: int = EXIT_BAD_INPUT
    placed: bool = False


class JobError(HpcfitError):
    """One or more faults of a job file, all of them reported at once."""

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class DataError(HpcfitError):
    """A dataset or a source of data that cannot be used as it is."""


class PluginError(HpcfitError):
    """A plugin that cannot be loaded, or does not keep to its hook's contract."""


class KernelError(HpcfitError):
    """A formula for which no kernel can be made."""


class RunError(HpcfitError):
    """A run that cannot start or go on: folder, lock, changed job, MPI set-up."""


#: what a user's function may end with; an exit on one rank alone would leave the others waiting
FAILURES = (Exception, SystemExit)


def raised(where: str, error: BaseException) -> PluginError:
    """The error of a user's function that `where` names, with its file and line."""
    import traceback  # here, since every start of the program reads this file

    frames = traceback.extract_tb(error.__traceback__)
    frame = next((each for each in reversed(frames) if not each.filename.startswith("<")), frames[-1])
    if isinstance(error, SystemExit):
        return PluginError(
            f"{where}: called sys.exit({error.code!r}) ({frame.filename}:{frame.lineno}); raise an exception "
            "that says what is wrong instead."
        )
    return PluginError(f"{where}: raised {type(error).__name__}: {error} ({frame.filename}:{frame.lineno}).")
