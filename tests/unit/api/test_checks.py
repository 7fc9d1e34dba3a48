"""Arguments of the wrong kind are told by their names, not by what fails on them later."""

from __future__ import annotations

from typing import Any

import pytest

import hpcfit as typed
from hpcfit.errors import JobError

hpcfit: Any = typed  # what a program says that nobody checks


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hpcfit.run(3), "run(): job: a path is expected, not 3."),
        (
            lambda: hpcfit.run("job.toml", restart="yes"),
            "run(): restart: True or False is expected, not 'yes'.",
        ),
        (lambda: hpcfit.load(None), "load(): folder: a path is expected, not None."),
        (
            lambda: hpcfit.fit("a.h5", "morse", restart=1),
            "fit(): restart: True or False is expected, not 1.",
        ),
        (
            lambda: hpcfit.fit(["a.h5", "b.h5"], "morse"),
            "fit(): dataset: a.h5 is a dataset, of which one can be given. Put several together with "
            "`hpcfit merge`.",
        ),
        (
            lambda: hpcfit.fit("a.h5", "morse", reading={"energy_key": "dft"}),
            "fit(): reading: a dataset is given, which is as it was imported. Leave this out, or give the "
            "files.",
        ),
    ],
)
def test_a_wrong_argument_is_named(call: Any, message: str) -> None:
    with pytest.raises(JobError) as caught:
        call()
    assert str(caught.value) == message
