"""run.start_from: the values that another run ended with, as the start of this one.

Whatever is taken stands in the job's potentials afterwards, as if the job had given it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hpcfit.errors import HpcfitError, JobError
from hpcfit.formula.keys import KEY_LENGTH, Key, canonical_key, is_ordered, key_text, parse_key
from hpcfit.formula.network import Network
from hpcfit.formula.potential import AnyBound
from hpcfit.formula.row_formula import RowFormula
from hpcfit.job import Job, ResolvedJob
from hpcfit.job.potentials import value_problem, value_problems
from hpcfit.job.source import raise_problems
from hpcfit.output.families import label_list
from hpcfit.output.result import FittedParameter, Result
from hpcfit.output.run_result import read_run_result
from hpcfit.problem.parameters import GivenParameter, PotentialInput, given_for, parameter_groups

_REFERENCE = "reference-energy"


@dataclass(frozen=True)
class Start:
    """What a job takes from another run; nothing by default.

    Attributes:
        energies: where fitted reference energies start, eV, by species.
        taken: the values, by the names of their parameters; part of the fingerprint.
        notes: sentences for the log.
    """

    energies: Mapping[str, float] = field(default_factory=dict)
    taken: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> dict[str, str]:
        """The values as names and texts."""
        return {f"{name} from run.start_from": repr(value) for name, value in self.taken.items()}


def read_start(job: Job) -> Result | None:
    """The result of the run that run.start_from names; None when it names none.

    Raises:
        JobError: it has no result, or is the job's own run folder.
    """
    name = job.run.start_from
    if name is None:
        return None
    path = job.file(name)
    if path.resolve() == job.run_folder.resolve():
        sentence = ": is this job's own run folder, which is cleared when it starts. Give another run.folder."
        raise JobError(job.source.problem(("run", "start_from"), sentence).text)
    try:
        return read_run_result(path)
    except HpcfitError as error:
        raise JobError(job.source.problem(("run", "start_from"), f": {error}").text) from error


def started_from(resolved: ResolvedJob, result: Result | None) -> tuple[ResolvedJob, Start]:
    """The job with the values of a result in its potentials, and what was taken.

    Raises:
        JobError: see `start_values`.
    """
    potentials, start = start_values(resolved.job, resolved.potentials, result)
    return replace(resolved, potentials=potentials), start


def start_values(
    job: Job, potentials: tuple[PotentialInput, ...], result: Result | None
) -> tuple[tuple[PotentialInput, ...], Start]:
    """The potentials of a job with the values of a result, and what was taken.

    Of the same potential, species and name: a free parameter starts at the result's value; one that the job
    does not give a value is fixed at it; one that the job fixes keeps the job's number.

    Raises:
        JobError: with all faults: nothing matches, a value outside the bounds, a parameter that has no value
            in the job and none in the result.
    """
    if result is None:
        return potentials, Start()
    taking = _Taking(job, result)
    seen: Counter[str] = Counter()
    made = []
    for index, potential in enumerate(potentials):
        label = potential.bound.formula.name
        made.append(taking.potential(index, potential, taking.values_of(label, seen[label])))
        seen[label] += 1
    energies = taking.reference_energies()
    if not taking.taken and not taking.faults:
        parts = "potential, species" if potentials and not potentials[0].place else "model, group"
        sentence = (
            f": nothing of that run has a place in this job. The run has {', '.join(taking.available)}; the "
            f"names of {parts} and parameter must be the same."
        )
        raise JobError(job.source.problem(("run", "start_from"), sentence).text)
    raise_problems(value_problem(job.source, each) for each in taking.faults)
    raise_problems(value_problems(job.source, made))
    return tuple(made), Start(energies, taking.taken, (taking.note(),))


class _Taking:
    """The values of a result as they are given to the potentials of a job, and what becomes of each."""

    def __init__(self, job: Job, result: Result) -> None:
        self._job = job
        self._result = result
        self._entries = list(_numbered(result.parameters))
        self.taken: dict[str, float] = {}
        self.faults: list[str] = []
        self._starts: list[str] = []
        self._fixed: list[str] = []
        self._left: dict[str, list[str]] = {}

    @property
    def available(self) -> list[str]:
        """What the result has, for people."""
        return list(dict.fromkeys(f"{q.potential} for {q.species or 'all'}" for _, q in self._entries))

    def values_of(self, label: str, occurrence: int) -> list[FittedParameter]:
        """The parameters of the n-th potential of that name."""
        return [q for n, q in self._entries if (q.potential, n) == (label, occurrence)]

    def potential(
        self, index: int, potential: PotentialInput, values: Sequence[FittedParameter]
    ) -> PotentialInput:
        """The potential with what the result has for it."""
        given = dict(potential.given)
        for (key, name), members in parameter_groups(potential).items():
            keys = [potential.bound.instances[m].key for m in members]
            own = given_for(potential, key, name) or GivenParameter(fixed=True)
            if name in potential.auxiliary:
                value, why_not = _auxiliary_value(name, values)
            else:
                value, why_not = _value(potential.bound, name, keys, values)
            shown = _shown(potential.bound, key, name)
            if own.tie is not None:
                why_not = "this job ties it"
            elif own.fixed and own.initial is not None:
                why_not = "this job gives a number"
            if value is None or why_not:
                self._left.setdefault(why_not, []).append(shown)
                continue
            if not own.minimum <= value <= own.maximum:
                place = f"{potential.where(index)}.parameters.{name}" + (f" ({key_text(key)})" if key else "")
                self.faults.append(f"{place}: {self._outside(value, own)}")
                continue
            given[key, name] = replace(own, initial=value)
            (self._fixed if own.fixed else self._starts).append(shown)
            self.taken[f"{potential.bound.formula.name}[{index}].{shown}"] = value
        return replace(potential, given=given)

    def _outside(self, value: float, own: GivenParameter) -> str:
        return (
            f"the run in {self._job.run.start_from} ended with {value:.10g}, outside the bounds "
            f"[{own.minimum:g}, {own.maximum:g}] of this job. Widen them, or fix the parameter at a number."
        )

    def reference_energies(self) -> dict[str, float]:
        """Starts of those that are "fit" and that the result has."""
        wanted = self._job.targets.reference_energies
        values = {
            q.species: q.value for _, q in self._entries if q.potential == _REFERENCE and q.name == "E0"
        }
        found = {
            symbol: values[symbol] for symbol, own in wanted.items() if own == "fit" and symbol in values
        }
        shown = {symbol: f"{symbol}.E0" if len(wanted) > 1 else "E0" for symbol in wanted}
        for symbol, own in wanted.items():
            if symbol not in found:
                why_not = "the run has none" if own == "fit" else "this job gives a number"
                self._left.setdefault(why_not, []).append(shown[symbol])
        for symbol, value in found.items():
            self._starts.append(shown[symbol])
            self.taken[f"targets.reference_energies.{symbol}"] = value
        return found

    def note(self) -> str:
        """What was taken, and what was not and why."""
        lines = [f"start from {self._job.file(str(self._job.run.start_from))} ({self._result.status})"]
        lines += [f"  initial values of {label_list(self._starts)}"] if self._starts else []
        lines += [f"  fixed at its values: {label_list(self._fixed)}"] if self._fixed else []
        lines += [f"  not taken, because {why}: {label_list(names)}" for why, names in self._left.items()]
        return "\n".join(lines)


def _numbered(parameters: Sequence[FittedParameter]) -> Iterator[tuple[int, FittedParameter]]:
    """Each parameter with the number of its potential among those of the same name."""
    seen: dict[tuple[str, str, str], int] = {}
    for q in parameters:
        place = (q.potential, q.species, q.name)
        seen[place] = seen.get(place, -1) + 1
        yield seen[place], q


def _auxiliary_value(name: str, values: Sequence[FittedParameter]) -> tuple[float | None, str]:
    """The value that a result has for a parameter of no formula, or None and why there is none."""
    found = [q.value for q in values if q.name == name and not q.species]
    return (found[0], "") if found else (None, "the run has none")


def _value(
    bound: AnyBound, name: str, keys: Sequence[Key], values: Sequence[FittedParameter]
) -> tuple[float | None, str]:
    """The one value that a result has for the instances of `keys`, or None and why there is none."""
    known: dict[Key, float] = {}
    for q in values:
        key = _key(bound, q) if q.name == name else None
        if key is not None:
            known[key] = q.value
    # What a run shares between all species stands for each of them.
    found = [known.get(key, known.get(())) for key in keys]
    if any(value is None for value in found):
        some = any(value is not None for value in found)
        return None, "the run has some of its species only" if some else "the run has none"
    if len(set(found)) > 1:
        return None, "the run has several values where this job has one"
    return found[0], ""


def _key(bound: AnyBound, parameter: FittedParameter) -> Key | None:
    """The key of a result's parameter in the order of a potential's species; None if it is for others."""
    groups = isinstance(bound.formula, RowFormula | Network)
    # A group may have any name, one that looks like a pair of species too.
    key = ((parameter.species,) if parameter.species else ()) if groups else parse_key(parameter.species)
    if not set(key) <= set(bound.species):
        return None
    kind = bound.formula.parameter(parameter.name).kind
    length = KEY_LENGTH[kind]
    if len(key) == 1:
        # With one species, a result names it whatever the parameter's kind.
        key = key * length
    return (
        canonical_key(key, bound.species, is_ordered(kind)) if len(key) == length else () if not key else None
    )


def _shown(bound: AnyBound, key: Key, name: str) -> str:
    return f"{key_text(key)}.{name}" if key and len(bound.species) > 1 else name
