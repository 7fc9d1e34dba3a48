"""`hpcfit plot`: the pictures of a run, as files in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpcfit.errors import RunError
from hpcfit.output.atomic import write_atomically
from hpcfit.output.run_result import read_run_result
from hpcfit.parallel.agree import from_root
from hpcfit.parallel.communicator import Communicator
from hpcfit.parallel.guard import guard
from hpcfit.plot.kinds import KINDS, check_kinds
from hpcfit.plot.library import require_matplotlib
from hpcfit.plot.run import FinishedRun
from hpcfit.plot.unsuitable import Unsuitable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: the folder within a run folder
PLOTS = "plots"


@dataclass
class Drawn:
    """What was drawn.

    Attributes:
        written: files.
        missing: what was not drawn, by the reason.
    """

    written: list[Path] = field(default_factory=list)
    missing: dict[str, list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        notes = [f"not drawn: {', '.join(names)}. {reason}" for reason, names in self.missing.items()]
        return "\n".join([*(f"wrote {path}" for path in self.written), *notes])


def plot_run(
    comm: Communicator,
    path: Path,
    kinds: Sequence[str] = (),
    *,
    formats: Sequence[str] = ("png",),
    folder: Path | None = None,
) -> Drawn | None:
    """Draw pictures of a finished run; collective, as predictions for its data may be spread over ranks.

    Args:
        kinds: names of KINDS; without any, all that can be drawn of this run.
        formats: "png", "svg".
        folder: where to write, made if need be; by default `plots` in the run folder. Pictures that are there
            are replaced.

    Returns:
        What was drawn, on rank 0; None elsewhere.

    Raises:
        RunError: on all ranks alike: matplotlib is missing, no such kind, no run, a picture asked for by
            name that this run has not.
        HpcfitError: for data that are gone or were changed, where a picture needs them.
    """
    with guard(comm, "Please report it with the lines above."):

        def begin() -> tuple[list[str], FinishedRun]:
            require_matplotlib()
            return check_kinds(list(kinds)), FinishedRun(path, read_run_result(path))

        wanted, run = from_root(comm, begin)
        needs = {KINDS[name].needs for name in wanted} - {"run"}
        material: dict[str, Any] = {"run": run}
        reasons: dict[str, str] = {}
        if needs:
            material |= _material(comm, run, bool(kinds), reasons)
        found: list[Drawn] = []
        target = path / PLOTS if folder is None else folder
        from_root(
            comm, lambda: found.append(_draw_all(wanted, material, reasons, bool(kinds), formats, target))
        )
        return found[0] if found else None


def _material(comm: Communicator, run: FinishedRun, asked: bool, reasons: dict[str, str]) -> dict[str, Any]:
    """Predictions and, of a table, its fit, on rank 0. What lacks is told in `reasons`, by need."""
    from hpcfit.plot.material import material_of

    try:
        found, missing = material_of(comm, run)
    except RunError as error:
        # Of all pictures, those that need no data are drawn nevertheless.
        if asked:
            raise
        reasons |= dict.fromkeys(("data", "table"), str(error))
        return {}
    reasons |= missing
    return found


def _draw_all(
    wanted: Sequence[str],
    material: dict[str, Any],
    reasons: dict[str, str],
    asked: bool,
    formats: Sequence[str],
    folder: Path,
) -> Drawn:
    from matplotlib import rc_context

    from hpcfit.plot.style import RULES

    drawn = Drawn()
    with rc_context(RULES):
        for name in wanted:
            kind = KINDS[name]
            try:
                if kind.needs in reasons:
                    raise Unsuitable(reasons[kind.needs])
                figure = kind.load()(material[kind.needs])
            except Unsuitable as reason:
                if asked:
                    raise
                drawn.missing.setdefault(str(reason), []).append(name)
                continue
            drawn.written += [_save(figure, folder, name, each) for each in formats]
    return drawn


def _save(figure: Figure, folder: Path, name: str, kind: str) -> Path:
    made = BytesIO()
    # Without the date and the version, so that the same picture is the same file.
    nothing: dict[str, Any] = {"Date": None} if kind == "svg" else {"Software": None}
    figure.savefig(made, format=kind, metadata=nothing)
    path = folder / f"{name}.{kind}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, made.getvalue())
    except OSError as error:
        raise RunError(f"{path}: cannot be written ({error.strerror}).") from error
    return path
