"""Options checked against the class or function that takes them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import pytest

from hpcfit.job.options import make
from hpcfit.job.source import JobSource


@dataclass(frozen=True)
class Options:
    power: float
    limits: tuple[float, ...] = (0.0, 1.0)
    tolerance: float | None = None
    steps: int = field(default=3, metadata={"help": "number of steps", "minimum": 1, "maximum": 9})
    norm: str = field(default="l2", metadata={"choices": ("l1", "l2")})

    def __post_init__(self) -> None:
        if self.power == 13:
            raise ValueError("power 13 brings bad luck.")
        if self.power == 14:
            raise KeyError("fourteen")


def by_function(*, side: Literal["left", "right"] = "left", n: int = 1):
    return side, n


def by_annotations(
    *, file: Annotated[str, {"path": True, "help": "a table"}], knots: Annotated[int, {"minimum": 0}] = 0
):
    return file, knots


def without_annotations(**anything):
    return anything


def made(text, factory):
    source = JobSource.of(f"[x]\n{text}\n", Path("job.toml"))
    result, problems = make(source, ("x",), factory, source.tables["x"])
    return result, [problem.text for problem in problems]


def test_a_dataclass_is_made_with_its_options():
    assert made("power = 2\nlimits = [1, 2]\ntolerance = 0.5", Options)[0] == Options(2, (1, 2), 0.5)


def test_a_function_is_called_with_its_options():
    assert made('side = "right"', by_function) == (("right", 1), [])


def test_a_function_that_takes_anything_gets_everything():
    assert made("a = 1\nb = [2]", without_annotations) == ({"a": 1, "b": [2]}, [])


def test_whole_numbers_become_floats_where_floats_are_expected():
    assert isinstance(made("power = 2", Options)[0].power, float)


def test_an_exception_of_the_maker_is_told_with_its_place():
    fault = made("power = 14", Options)[1][0]
    assert fault.startswith("job.toml:1: x: ")
    assert "test_options.py:" in fault
    assert fault.endswith(": KeyError: 'fourteen'")


@pytest.mark.parametrize(
    ("text", "factory", "fault"),
    [
        ("", Options, "job.toml:1: x.power is missing."),
        ("power = true", Options, "job.toml:2: x.power: a number is expected, not true."),
        ("power = inf", Options, "job.toml:2: x.power: a finite number is expected, not inf."),
        ("power = 13", Options, "job.toml:2: x.power: power 13 brings bad luck."),
        ("power = 1\nstep = 1", Options, "job.toml:3: x.step is not a known key. Did you mean steps?"),
        (
            "power = 1\nsteps = 0",
            Options,
            "job.toml:3: x.steps: must be at least 1, not 0. It is: number of steps.",
        ),
        (
            "power = 1\nsteps = 10",
            Options,
            "job.toml:3: x.steps: must be at most 9, not 10. It is: number of steps.",
        ),
        ('power = 1\nnorm = "l3"', Options, "job.toml:3: x.norm: 'l3' is not one of 'l1', 'l2'."),
        (
            'power = 1\nlimits = ["a"]',
            Options,
            "job.toml:3: x.limits[0]: a number is expected, not 'a'.",
        ),
        ('power = 1\ntolerance = "a"', Options, "job.toml:3: x.tolerance: a number is expected, not 'a'."),
        ('side = "up"', by_function, "job.toml:2: x.side: 'left' or 'right' is expected, not 'up'."),
        ("n = 1.5", by_function, "job.toml:2: x.n: a whole number is expected, not 1.5."),
        ("", by_annotations, "job.toml:1: x.file is missing: a table."),
        (
            'file = "absent"',
            by_annotations,
            "job.toml:2: x.file: there is no file absent. Paths are relative to the job file.",
        ),
    ],
)
def test_a_wrong_option_is_told_with_its_line(text, factory, fault):
    assert made(text, factory) == (None, [fault])


def test_the_range_of_an_argument_is_that_of_its_annotation(tmp_path):
    source = JobSource.of('[x]\nfile = "job.toml"\nknots = -1\n', tmp_path / "job.toml")
    (tmp_path / "job.toml").touch()
    _, problems = make(source, ("x",), by_annotations, source.tables["x"])
    assert [each.text for each in problems] == [
        f"{tmp_path}/job.toml:3: x.knots: must be at least 0, not -1."
    ]


@dataclass(frozen=True)
class WithFile:
    table: str = field(default="", metadata={"path": True})


def test_an_option_that_is_a_path_is_seen_from_the_folder_of_the_job(tmp_path):
    (tmp_path / "table.txt").touch()
    text = '[x]\ntable = "table.txt"\n'
    source = JobSource.of(text, tmp_path / "job.toml")
    assert make(source, ("x",), WithFile, source.tables["x"]) == (WithFile(str(tmp_path / "table.txt")), [])


def test_a_file_that_an_option_names_must_be_there():
    assert made('table = "nowhere.txt"', WithFile)[1] == [
        "job.toml:2: x.table: there is no file nowhere.txt. Paths are relative to the job file."
    ]
