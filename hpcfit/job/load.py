"""From a job file to a `Job`: every table checked against its model, all faults together.

What needs the registry (does the potential exist, has it this parameter) is in resolve.py. Each
table is checked on its own, so that a fault in one does not hide those of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hpcfit.job.locate import KeyPath
from hpcfit.job.messages import problem_of, unknown_key
from hpcfit.job.parameters import by_species_key, without_faults
from hpcfit.job.rules import makes_sense, potential_problems, section_problems
from hpcfit.job.schema import (
    SECTIONS,
    DataSection,
    LossSection,
    ModelSection,
    OptimizerSection,
    PluginsSection,
    PotentialSection,
    RegularizationSection,
    ResidualSection,
    RunSection,
    TargetsSection,
    WeightsSection,
)
from hpcfit.job.source import JobSource, Problem, raise_problems

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Job:
    """A job file whose tables are all well formed.

    Attributes:
        source: the file, for messages about its keys.
    """

    source: JobSource
    data: DataSection
    targets: TargetsSection
    potential: tuple[PotentialSection, ...]
    model: ModelSection
    weights: WeightsSection
    residual: ResidualSection
    loss: LossSection
    regularization: RegularizationSection
    optimizer: OptimizerSection
    run: RunSection
    plugins: PluginsSection

    @property
    def path(self) -> Path:
        """The job file as it was named."""
        return self.source.path

    @property
    def text(self) -> str:
        """The content of the job file."""
        return self.source.text

    @property
    def folder(self) -> Path:
        """The folder that paths in the job are relative to: the one that holds the job file."""
        return self.source.folder

    def file(self, name: str) -> Path:
        """A path of the job file as seen from the current folder."""
        return self.folder / name

    @property
    def run_folder(self) -> Path:
        """The run folder as seen from the current folder."""
        return self.file(self.run.folder)


@dataclass
class Draft:
    """What could be read of a job file: a faulty table is missing, and its faults are listed.

    Attributes:
        incomplete: positions of potentials with faults in `parameters`. Their well-formed part is looked
            at for further faults, with empty tables in place of what is not.
        contradictory: positions of potentials whose keys do not go together, so that what else is in them
            means nothing.
    """

    source: JobSource
    problems: list[Problem] = field(default_factory=list)
    sections: dict[str, BaseModel] = field(default_factory=dict)
    potential: list[PotentialSection | None] = field(default_factory=list)
    incomplete: set[int] = field(default_factory=set)
    contradictory: set[int] = field(default_factory=set)

    def section(self, model: type[Model]) -> Model | None:
        """The table of a given model, if it is well formed."""
        found = [section for section in self.sections.values() if isinstance(section, model)]
        return found[0] if found else None

    def job(self) -> Job:
        """The whole job; JobError with all faults when there are any."""
        raise_problems(self.problems)
        potential = tuple(each for each in self.potential if each is not None)
        return Job(source=self.source, potential=potential, **self.sections)  # type: ignore[arg-type]


def load_job(path: Path) -> Job:
    """Read and check a job file, but for what only the registry knows.

    Raises:
        JobError: with all faults, in the order of their lines.
    """
    draft = read_draft(JobSource.read(path))
    check_files(draft)
    return draft.job()


def read_draft(source: JobSource) -> Draft:
    """Check every table of a job; faults are collected, none is raised."""
    draft = Draft(source)
    for name in source.tables:
        if name not in SECTIONS:
            draft.problems.append(unknown_key(source, (name,), tuple(SECTIONS)))
    for name, model in SECTIONS.items():
        if name != "potential":
            section = _checked(draft, (name,), model, source.tables.get(name, {}))
            if section is not None:
                draft.sections[name] = section
    if not is_of_table(source):
        _read_potentials(draft)
    draft.problems += section_problems(source, draft.sections)
    return draft


def is_of_table(source: JobSource) -> bool:
    """Whether the job fits a table, as far as its keys tell."""
    data = source.tables.get("data")
    of_table = "model" in source.tables or (isinstance(data, Mapping) and "table" in data)
    return of_table and not (isinstance(data, Mapping) and "train" in data)


def _read_potentials(draft: Draft) -> None:
    tables = draft.source.tables.get("potential", [])
    if not isinstance(tables, list) or not tables:
        sentence = " is missing: write [[potential]] (with two brackets), name and species."
        draft.problems.append(draft.source.problem(("potential",), sentence))
        return
    for index, table in enumerate(tables):
        if isinstance(table, dict) and "parameters" in table:
            table = {**table, "parameters": by_species_key(table["parameters"], table.get("species"))}
        section = _checked(draft, ("potential", index), PotentialSection, table)
        if section is None and isinstance(table, dict):
            section = _but_for_parameters(table)
            draft.incomplete.add(index)
        if section is not None:
            draft.problems += potential_problems(draft.source, index, section)
            if not makes_sense(section):
                draft.contradictory.add(index)
        draft.potential.append(section)


def _but_for_parameters(table: dict[str, Any]) -> PotentialSection | None:
    try:
        return PotentialSection.model_validate(
            {**table, "parameters": without_faults(table.get("parameters"))}
        )
    except ValidationError:
        return None


def _checked(draft: Draft, where: KeyPath, model: type[Model], table: Any) -> Model | None:
    if not isinstance(table, Mapping):
        header = f"[{where[0]}]" if len(where) == 1 else f"[[{where[0]}]] (with two brackets)"
        sentence = f": a table is expected; write {header} on a line of its own."
        draft.problems.append(draft.source.problem(where, sentence))
        return None
    try:
        return model.model_validate(table)
    except ValidationError as error:
        draft.problems += [problem_of(draft.source, where, model, each) for each in error.errors()]
        return None


def table_file(text: str) -> tuple[str, str | None]:
    """(file, table in it) of "data.h5:NAME"; a text file is a table itself."""
    file, colon, name = text.rpartition(":")
    return (file, name) if colon and file.endswith((".h5", ".hdf5")) else (text, None)


def check_files(draft: Draft) -> None:
    """Add a fault for every dataset that the job names and that is not there."""
    data = draft.section(DataSection)
    names = {} if data is None else {"train": data.train, "table": data.table, "test": data.test}
    of_table = data is not None and data.table is not None
    for key, value in names.items():
        name = table_file(value)[0] if value is not None and of_table else value
        if name is not None and not (draft.source.folder / name).is_file():
            advice = "Make it with `hpcfit import`; paths are relative to the job file."
            if of_table:
                advice = "Paths are relative to the job file."
            sentence = f": there is no file {name}. {advice}"
            draft.problems.append(draft.source.problem(("data", key), sentence))
