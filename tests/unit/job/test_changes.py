"""Which differences between two job files make a run another one."""

from pathlib import Path

import pytest

from hpcfit.job import canonical
from hpcfit.output.fingerprint import changes, flatten

JOB = """
[data]
train = "train.h5"
[[potential]]
name = "morse"
species = ["Si"]
[potential.parameters]
A = { initial = 5, min = 0 }
B = 2
[optimizer]
max_iterations = 100
"""


def between(old, new, path=Path("job.toml")):
    return changes(flatten(canonical(old, path)), flatten(canonical(new, path)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[data]", "# a remark\n[data]"),
        ("[data]", '[run]\nfolder = "other"\ndevice = "cpu"\nmemory_limit = "2 GiB"\n[data]'),
        ("[data]", "[targets]\nenergy = true\n[data]"),
        ("B = 2", "B = { initial = 2.0, fixed = true }"),
        ("max_iterations = 100", "max_iterations = 200"),
        ("A = { initial = 5, min = 0 }\nB = 2", "B = 2\nA = { min = 0, initial = 5 }"),
    ],
)
def test_what_cannot_change_the_result_is_no_change(old, new):
    assert between(JOB, JOB.replace(old, new)) == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[data]", "[regularization]\nridge = 0.1\n[data]", "regularization.ridge: was 0.0, now 0.1"),
        ("[data]", '[loss]\nname = "huber"\n[data]', 'loss.name: was "least-squares", now "huber"'),
        ("[data]", "[loss]\nforces.scale = 0.5\n[data]", "loss.forces.scale: new, 0.5"),
        ("initial = 5", "initial = 6", "potential[0].parameters.A.initial: was 5.0, now 6.0"),
        ("min = 0", "max = 9", "potential[0].parameters.A.max: new, 9.0"),
        ("min = 0", "max = 9", "potential[0].parameters.A.min: was 0.0, now not given"),
        ('["Si"]', '["Si", "C"]', 'potential[0].species: was ["Si"], now ["Si", "C"]'),
        ("[data]", "[weights]\nenergy = 3\n[data]", "weights.energy: new, 3"),
        ("train.h5", "other.h5", 'data.train: was "train.h5", now "other.h5"'),
        ("[data]", "[data]\nseed = 3", "data.seed: was 0, now 3"),
    ],
)
def test_a_change_is_told_by_key_and_values(old, new, sentence):
    assert sentence in between(JOB, JOB.replace(old, new))


def test_editing_a_python_file_that_the_job_names_is_a_change(tmp_path):
    text = f'{JOB}\n[residual]\nname = "mine.py:f"\n'
    path = tmp_path / "job.toml"
    before = []
    for body in ("1", "2"):
        (tmp_path / "mine.py").write_text(f"def f(): return {body}\n")
        before.append(canonical(text, path))
    assert [each.partition(": ")[0] for each in changes(*map(flatten, before))] == ["content of mine.py"]


def test_what_an_earlier_version_did_not_know_is_no_change_while_it_is_the_default():
    now = flatten(canonical(JOB, Path("job.toml")))
    known = {
        name: text for name, text in now.items() if name.partition(".")[0] not in ("loss", "regularization")
    }
    assert len(known) < len(now)
    assert changes(known, now) == []
    huber = flatten(canonical(JOB.replace("[data]", '[loss]\nname = "huber"\n[data]'), Path("job.toml")))
    assert changes(known, huber) == ['loss.name: was "least-squares", now "huber"']
