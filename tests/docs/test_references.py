"""The other reference pages against the code: catalogue, data layout, aliases, results, exit codes."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from hpcfit import errors
from hpcfit.cli.app import COMMANDS
from hpcfit.data import READERS
from hpcfit.data.layout import COLUMNS
from hpcfit.data.readers.keys import ALIASES
from hpcfit.formula import allowed
from hpcfit.formula.keys import KEY_LENGTH
from hpcfit.formula.spline_calls import as_written
from hpcfit.formula.written import SUFFIX_SLOTS
from hpcfit.optimize import IterationEvent, reasons
from hpcfit.optimize.reasons import StopReason
from hpcfit.output import result
from hpcfit.output.folder import RunFolder
from hpcfit.potentials import POTENTIALS, option_choices, required_options

DOCS = Path(__file__).parents[2] / "docs"
CATALOGUE, DATA, RUN, INDEX = (
    (DOCS / f"{name}.md").read_text(encoding="utf-8")
    for name in ("potentials", "data-format", "run-folder", "index")
)


def section(page: str, heading: str) -> str:
    """The text below a heading, up to the next one of any level."""
    start = page.index(f"\n{heading}\n") + len(heading) + 2
    return re.split(r"^#+ ", page[start:], maxsplit=1, flags=re.MULTILINE)[0]


def first_cells(text: str) -> list[str]:
    """The first cells of all rows of tables, without headers and quotes."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [row.split("|")[1].strip().strip("`") for row in rows if not row.startswith("|---")]


@pytest.mark.parametrize("name", [name for name, make in POTENTIALS.items() if not required_options(make)])
def test_the_catalogue_page_has_every_formula_and_parameter(name: str) -> None:
    potential = POTENTIALS[name]()
    text = section(CATALOGUE, f"### `{name}`")
    texts = [(place, expression) for _, place, expression in potential.placed_terms]
    for term, expression in (*texts, *potential.let):
        assert f"\n{term} = {expression}\n" in text
    for spec in as_written(potential.parameters):
        default = "-" if spec.default is None else f"{spec.default:.10g}"
        row = f"| `{spec.name}` | {spec.kind} | {spec.unit or '-'} | {default} | {spec.description} |"
        assert row in text
    given = set().union(*potential.materials.values())
    published = [each.name for each in potential.parameters if each.name in given and not each.spline]
    for species, values in potential.materials.items():
        cells = [f"{values[name]:.10g}" if name in values else "-" for name in published]
        assert (f"| {species} | {' | '.join(cells)} |" if cells else species) in text
    assert f"Source: {potential.source}." in " ".join(text.split())
    for option, choices in option_choices(POTENTIALS[name]).items():
        if f"| `{option}` |" in text:
            [row] = [line for line in text.splitlines() if line.startswith(f"| `{option}` |")]
            assert all(f"`{json.dumps(choice)}`" in row for choice in choices)
            continue
        assert set(first_cells(section(CATALOGUE, f"### {option.capitalize()}"))[1:]) == {
            f'"{choice}"' for choice in choices
        }


def test_the_readme_counts_the_catalogue() -> None:
    readme = " ".join((DOCS.parent / "README.md").read_text(encoding="utf-8").split())
    made = [
        make(**options)
        for make in POTENTIALS.values()
        if not required_options(make)
        for options in [{}, *({k: v} for k, values in option_choices(make).items() for v in values)]
    ]
    elements = {each for potential in made for key in potential.materials for each in key.split("-")}
    assert f"{len(POTENTIALS)} entries with published numbers for {len(elements)} elements" in readme


@pytest.mark.parametrize("name", [name for name, make in POTENTIALS.items() if required_options(make)])
def test_the_catalogue_page_has_the_options_of_potentials_from_files(name: str) -> None:
    options = first_cells(section(CATALOGUE, f"### `{name}`"))
    assert set(option_choices(POTENTIALS[name])) <= set(options)


def test_the_formula_language_lists_every_function_and_constant() -> None:
    text = section(CATALOGUE, "## Formulas")
    assert all(f"`{name}" in text for name in (*allowed.FUNCTIONS, *allowed.CONSTANTS))


def test_the_page_says_how_each_kind_of_parameter_is_written_in_each_term() -> None:
    header, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section(CATALOGUE, "### Several species").splitlines()
        if line.startswith("|")
    ]
    assert [row[0] for row in rows] == list(KEY_LENGTH)
    for kind, _, *cells in rows:
        for places, cell in zip(header[2:], cells, strict=True):
            for place in re.findall("`([a-z_]+)`", places):
                term = "pair" if place == "cutoff" else place
                slots = {"": ()} if kind == "shared" else SUFFIX_SLOTS.get((term, kind), {})
                assert set(re.findall(r"`q(\d?)`", cell)) == set(slots)


def test_the_data_page_has_every_array_reader_and_alias() -> None:
    arrays = first_cells(section(DATA, "## The file"))
    assert {column.path for column in COLUMNS} <= set(arrays)
    assert set(first_cells(section(DATA, "## Importing"))[1:]) == set(READERS)
    text = section(DATA, "### Which key is which quantity")
    for names in ALIASES.values():
        assert ", ".join(f"`{name}`" for name in names) in text


def test_the_run_folder_page_has_every_file() -> None:
    files = first_cells(RUN.split("\n## ")[0])
    assert set(files[1:]) == {path.name for path in RunFolder("run").files}


def test_the_run_folder_page_has_every_exit_code() -> None:
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert set(first_cells(section(RUN, "## Exit codes"))[1:]) == {str(code) for code in codes}


def test_the_run_folder_page_has_every_field_of_a_result() -> None:
    text = section(RUN, "## `result.json`")
    documented = {name for cell in first_cells(text) for name in cell.replace("`", "").split(", ")}
    for kind in (result.Result, result.FittedParameter):
        assert {field.name for field in dataclasses.fields(kind)} <= documented
    for part in (result.Rmse, result.Counts, result.Memory):
        assert all(f"`{field.name}`" in text for field in dataclasses.fields(part))
    assert first_cells(section(RUN, "### Timing"))[1:] == [
        field.name for field in dataclasses.fields(result.Timing)
    ]


def test_the_run_folder_page_has_every_field_of_an_event() -> None:
    cells = first_cells(section(RUN, "## `events.jsonl`"))[1:]
    documented = {name for cell in cells for name in cell.replace("`", "").split(", ")}
    assert documented == {field.name for field in dataclasses.fields(IterationEvent)} | {"clock"}


def test_the_run_folder_page_has_every_status() -> None:
    source = Path(str(reasons.__file__)).read_text(encoding="utf-8")
    statuses = set(re.findall(rf'{StopReason.__name__}\(\s*"(\w+)"', source))
    assert set(first_cells(section(RUN, "### Status"))[1:]) == statuses


def test_the_index_has_every_command() -> None:
    commands = {cell.split()[1] for cell in first_cells(INDEX) if cell.startswith("hpcfit ")}
    # Those of two words stand on the page of their first one.
    assert commands == {name.split()[0] for name in COMMANDS}
