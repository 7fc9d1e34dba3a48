"""[[potential]] with the key ase: what it stands for, and every fault by its line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import ase
import pytest
from ase.calculators.lj import LennardJones

from hpcfit.errors import JobError
from hpcfit.job import ResolvedJob, open_job
from hpcfit.job.changes import canonical, code_versions
from hpcfit.kernels import AsePotential, SiteFunction
from hpcfit.problem.parameters import build_parameters

HEAD = '[data]\ntrain = "train.h5"\n[[potential]]\nspecies = ["Ar"]\n'
GOOD = f"""{HEAD}ase = "ase.calculators.lj:LennardJones"
difference_step = 1e-4
[potential.parameters]
epsilon = {{ initial = 0.01, min = 0 }}
sigma = {{}}
[potential.options]
rc = 9.0
smooth = true
"""
MINE = """
from ase.calculators.lj import LennardJones

def two(*, depth, width, share=0.5):
    return LennardJones(epsilon=depth * share, sigma=width)
"""
SITE = """
from hpcfit.formula.potential import ParameterSpec
from hpcfit.kernels import SiteFunction

def energy(parameters, gradients):
    return parameters[0]

def jacobian(d_energy, d_gradients):
    d_energy[0] = 1.0

K = (ParameterSpec("k", "shared", 1.0),)
BARE = SiteFunction("bare", K, 3.0, energy)
EXACT = SiteFunction("exact", K, 3.0, energy, jacobian=jacobian)
"""


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ResolvedJob]:
    """Writes job.toml beside train.h5, mine.py and site.py, and opens it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.h5").touch()
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "site.py").write_text(SITE)

    def opened(text: str) -> ResolvedJob:
        Path("job.toml").write_text(text)
        return open_job(Path("job.toml"))

    return opened


def test_a_class_becomes_a_potential_with_its_keyword_arguments(job: Callable[[str], ResolvedJob]) -> None:
    (potential,) = job(GOOD).potentials
    form = potential.bound.formula
    assert isinstance(form, AsePotential)
    assert (form.name, form.calculator) == ("LennardJones", LennardJones)
    assert form.options == {"rc": 9.0, "smooth": True}
    assert form.difference_step == 1e-4
    made = build_parameters([potential])
    # What the job gives no number has that of the class.
    assert [(q.name, q.initial, q.minimum) for q in made.parameters] == [
        ("epsilon", 0.01, 0.0),
        ("sigma", 1.0, -float("inf")),
    ]


def test_a_function_of_the_jobs_folder_makes_one_too(job: Callable[[str], ResolvedJob]) -> None:
    given = "parameters = { depth = { initial = 0.1 }, width = 3.4, share = {} }"
    text = f'{HEAD}ase = "mine.py:two"\n{given}\n'
    (potential,) = job(text).potentials
    values = build_parameters([potential]).parameters
    assert [(q.name, q.initial) for q in values] == [("depth", 0.1), ("width", 3.4), ("share", 0.5)]


def test_code_and_its_version_decide_the_result(job: Callable[[str], ResolvedJob], tmp_path: Path) -> None:
    assert code_versions(job(GOOD)) == {"code of potential[0]": f"LennardJones, ase {ase.__version__}"}
    text = f'{HEAD}ase = "mine.py:two"\nparameters = {{ depth = {{ initial = 0.1 }}, width = 3.4 }}\n'
    before = canonical(text, tmp_path / "job.toml")
    assert "content of mine.py" in before
    (tmp_path / "mine.py").write_text(MINE.replace("0.5", "0.6"))
    after = canonical(text, tmp_path / "job.toml")
    assert {key for key in after if before[key] != after[key]} == {"content of mine.py"}


TWO = HEAD.replace('"Ar"', '"Ar", "Kr"')
K = "parameters = { k = { initial = 1 } }\n"
STEP = "difference_step = 1e-4\n"
EXACT = "difference_step: derivatives by the parameters of this potential are exact; remove it."
PARAMETERS = "[potential.parameters]\nepsilon = { initial = 0.01 }\n"
LJ = 'ase = "ase.calculators.lj:LennardJones"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f'{HEAD}ase = "lj"\n{PARAMETERS}',
            'job.toml:5: potential[0].ase: \'lj\' is neither "module:Class" nor "file.py:function"; write '
            'for example "ase.calculators.lj:LennardJones".',
        ),
        (
            f'{HEAD}ase = "ase.calculators.lj:LenardJones"\n{PARAMETERS}',
            "job.toml:5: potential[0].ase: ase.calculators.lj has no LenardJones. Did you mean LennardJones?",
        ),
        (
            f'{HEAD}ase = "not_there.lj:LennardJones"\n{PARAMETERS}',
            "job.toml:5: potential[0].ase: not_there.lj cannot be imported: needs the package not_there, "
            "which is not installed: pip install not_there.",
        ),
        (
            f'{HEAD}ase = "mine.py:one"\n{PARAMETERS}',
            "job.toml:5: potential[0].ase: mine.py defines no 'one'. Known: LennardJones, two",
        ),
        (
            f"{HEAD}{LJ}[potential.parameters]\nepsilom = {{ initial = 0.01 }}\n",
            "job.toml:5: potential[0].ase: LennardJones: unknown argument epsilom. Did you mean epsilon?",
        ),
        (
            f'{HEAD}ase = "mine.py:two"\n{PARAMETERS}',
            "job.toml:5: potential[0].ase: two: unknown argument epsilon. Known: depth, share, width.",
        ),
        (
            f"{HEAD}{LJ}rc = 3.0\n{PARAMETERS}",
            "job.toml:6: potential[0].rc is not a known key. Known: ase, difference_step, options, "
            "parameters, species",
        ),
        (
            f"{HEAD}{LJ}options = 3\n{PARAMETERS}",
            "job.toml:6: potential[0].options: a table of keyword arguments is expected, not 3.",
        ),
        (
            f"{TWO}{LJ}{PARAMETERS}Ar-Kr.sigma = 3.0\n",
            "job.toml:8: potential[0].parameters.Ar-Kr: a calculator's keyword arguments are the same for "
            "all species. Give the parameter without species, or map several to what the calculator takes "
            'by a function: ase = "file.py:function".',
        ),
        (
            f'{HEAD}name = "morse"\n{LJ}{PARAMETERS}',
            "job.toml:6: potential[0].ase: give either name or ase, not both.",
        ),
        (
            f'{HEAD}{LJ}pair = "r"\n{PARAMETERS}',
            "job.toml:6: potential[0].pair: give either ase or a formula of your own, not both.",
        ),
        (
            f'{HEAD}name = "lennard-jones"\n{STEP}{PARAMETERS}',
            f"job.toml:6: potential[0].{EXACT}",
        ),
        (
            f'{HEAD}pair = "k*r"\ncutoff = 3\n{STEP}{K}',
            f"job.toml:7: potential[0].{EXACT}",
        ),
        (
            f'{HEAD}name = "site.py:EXACT"\n{STEP}{K}',
            f"job.toml:6: potential[0].{EXACT}",
        ),
        (
            f"{HEAD}{LJ}difference_step = 0.5\n{PARAMETERS}",
            "job.toml:6: potential[0].difference_step: must be below 0.1, not 0.5.",
        ),
        (
            f"{HEAD}{LJ}[potential.parameters]\nepsilon = {{ initial = 0.01 }}\nrc = {{ min = 1 }}\n",
            "job.toml:8: potential[0].parameters.rc: it has no default; give it a value.",
        ),
    ],
)
def test_every_fault_is_told_with_its_line(
    text: str, message: str, job: Callable[[str], ResolvedJob]
) -> None:
    with pytest.raises(JobError) as caught:
        job(text)
    assert message in caught.value.problems


def test_a_site_function_without_derivatives_takes_a_step_of_differences(
    job: Callable[[str], ResolvedJob],
) -> None:
    form = job(f'{HEAD}name = "site.py:BARE"\n{STEP}{K}').potentials[0].bound.formula
    assert isinstance(form, SiteFunction)
    assert form.difference_step == 1e-4


def test_without_ase_the_message_says_how_to_install_it(
    job: Callable[[str], ResolvedJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in sys.modules if each.partition(".")[0] == "ase"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(JobError) as caught:
        job(f"{HEAD}{LJ}{PARAMETERS}")
    assert caught.value.problems == (
        "job.toml:5: potential[0].ase: ase.calculators.lj:LennardJones needs ASE: pip install 'hpcfit[ase]'.",
    )
