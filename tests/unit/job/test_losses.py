"""[loss], [regularization] and data.balance: what is wrong with them, by the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hpcfit.errors import JobError
from hpcfit.job import open_job
from hpcfit.job.loss_rules import LossWord, loss_words

TABLE = """\
[data]
table = "t.csv"
x = ["t"]
y = ["a", "b"]
[model]
formula = { a = "p*t", b = "p*t**2" }
[model.parameters]
p = { initial = 1 }
"""
CONFIGURATIONS = """\
[data]
train = "t.csv"
[targets]
energy = true
[[potential]]
name = "lennard-jones"
species = ["Ar"]
parameters.epsilon = { initial = 1 }
"""
NUMBER = 'a number above 0 or "mad" is expected'
ENTRY = 'a table is expected, such as { name = "huber", scale = 1.0 }'
USELESS = ': least-squares has none; remove it, or give a name too, such as name = "soft-l1".'
MISSING = (
    " is missing: the weighted residual beyond which the loss bends, such as scale = 1.0 where weights are "
    'one over the errors of the data, or scale = "mad" to estimate it.'
)


def job(folder: Path, text: str) -> Path:
    (folder / "t.csv").write_text("t,a,b\n1,1,1\n2,2,4\n")
    (folder / "job.toml").write_text(text)
    return folder / "job.toml"


@pytest.mark.parametrize(
    ("head", "table", "message"),
    [
        (TABLE, 'name = "soft"', "10: loss.name: unknown loss 'soft'. Did you mean soft-l1?"),
        (TABLE, 'name = "huber"', f"9: loss.scale{MISSING}"),
        (TABLE, 'name = "huber"\nscale = 0', f'11: loss.scale: {NUMBER}, not 0.'),
        (TABLE, 'name = "huber"\nscale = true', f'11: loss.scale: {NUMBER}, not true.'),
        (TABLE, 'a = { name = "tukey" }', f"10: loss.a.scale{MISSING}"),
        (TABLE, 'a = { name = "tukey", scale = -1 }', f'10: loss.a.scale: {NUMBER}, not -1.'),
        (
            TABLE,
            'a = { name = "tukey", scale = 1e200 }',
            "10: loss.a.scale: 1e+200 has no square to compute with; give one from 1e-100 to 1e100.",
        ),
        (TABLE, 'c = { name = "tukey" }', "10: loss.c is not a known key. Known: a, b, name, scale"),
        (TABLE, "scale = 1.0", f"10: loss.scale{USELESS}"),
        (TABLE, "a = { scale = 1.0 }", f"10: loss.a.scale{USELESS}"),
        (TABLE, 'a = "huber"', f"10: loss.a: {ENTRY}, not 'huber'."),
        (TABLE, 'a = { names = "huber" }', "10: loss.a.names is not a known key. Did you mean name?"),
        (CONFIGURATIONS, "force = { scale = 1 }", "10: loss.force is not a known key. Did you mean forces?"),
        (
            CONFIGURATIONS,
            'stress = { name = "huber", scale = 1.0 }',
            "10: loss.stress: stress is not a target; remove it, or set targets.stress = true.",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_a_loss_is_told_by_its_line(tmp_path: Path, head: str, table: str, message: str) -> None:
    path = job(tmp_path, f"{head}[loss]\n{table}\n")
    with pytest.raises(JobError) as error:
        open_job(path)
    assert str(error.value) == f"{path}:{message}"


def test_a_target_has_what_it_says_itself_and_else_what_all_have(tmp_path: Path) -> None:
    text = f'{TABLE}[loss]\nname = "huber"\nscale = "mad"\na = {{ scale = 2 }}\n'
    loss = open_job(job(tmp_path, text)).job.loss
    assert loss_words(loss, ["a", "b"]) == {
        "a": LossWord("huber", 2, ("loss", "a")),
        "b": LossWord("huber", "mad", ("loss",)),
    }


def test_groups_can_be_balanced_only_where_there_are_some(tmp_path: Path) -> None:
    path = job(tmp_path, TABLE.replace("[model]\n", "balance = true\n[model]\n"))
    with pytest.raises(JobError) as error:
        open_job(path)
    assert str(error.value) == (
        f"{path}:5: data.balance: there are no groups; give data.group, a column whose values tell them "
        "apart."
    )


def test_a_ridge_is_not_negative(tmp_path: Path) -> None:
    path = job(tmp_path, f"{TABLE}[regularization]\nridge = -1\n")
    with pytest.raises(JobError) as error:
        open_job(path)
    assert str(error.value) == f"{path}:10: regularization.ridge: must be at least 0.0, not -1."
