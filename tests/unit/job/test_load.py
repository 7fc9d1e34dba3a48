"""Job files: what is read from good ones, and every fault of bad ones by its line."""

import pytest

from hpcfit.errors import JobError
from hpcfit.job import load_job

GOOD = """
[data]
train = "train.h5"

[[potential]]
name = "stillinger-weber"
species = ["Si", "B"]
[potential.parameters]
A = { initial = 7.05, min = 0 }
lambda = 21
B.sigma = 2.0
B.epsilon = { max = 3 }
"Si-B" = { A = 3.0 }
"""


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Writes job.toml beside an existing train.h5, and loads it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.h5").touch()

    def load(text):
        path = tmp_path / "job.toml"
        path.write_text(text)
        return load_job(path.relative_to(tmp_path))

    return load


def faults(load, text):
    with pytest.raises(JobError) as caught:
        load(text)
    return list(caught.value.problems)


def test_a_minimal_job_has_the_documented_defaults(job):
    made = job(GOOD)
    assert (made.targets.energy, made.targets.forces, made.targets.stress) == (True, True, False)
    assert (made.weights.name, made.residual.name, made.optimizer.name) == (
        "constant",
        "energy-forces",
        "geodesic-lm",
    )
    assert (made.run.folder, made.run.device, made.run.memory_limit) == ("run", "auto", None)
    assert made.plugins.load == []


def test_parameters_are_sorted_by_their_species_key(job):
    parameters = job(GOOD).potential[0].parameters
    assert {key: sorted(table) for key, table in parameters.items()} == {
        "": ["A", "lambda"],
        "B": ["epsilon", "sigma"],
        "Si-B": ["A"],
    }


def test_a_number_is_fixed_and_a_table_is_free(job):
    parameters = job(GOOD).potential[0].parameters
    assert parameters[""]["lambda"].fixed
    assert not parameters[""]["A"].fixed
    assert parameters["B"]["epsilon"].initial is None


def test_a_parameter_may_bear_the_name_of_an_element(job):
    text = GOOD.replace("B.sigma = 2.0\nB.epsilon = { max = 3 }", "B = { initial = 0.6 }")
    assert job(text).potential[0].parameters[""]["B"].initial == 0.6


def test_paths_are_relative_to_the_job_file(job, tmp_path):
    made = job(GOOD)
    assert made.file(made.data.train).resolve() == tmp_path / "train.h5"
    assert made.run_folder.resolve() == tmp_path / "run"


@pytest.mark.parametrize(
    ("text", "size"), [('"4 GiB"', 4 * 2**30), ('"1.5 GB"', 1_500_000_000), ("1000000", 1_000_000)]
)
def test_a_memory_limit_is_a_number_of_bytes_or_an_amount(job, text, size):
    assert job(f"{GOOD}[run]\nmemory_limit = {text}\n").run.memory_limit == size


def test_all_faults_are_told_at_once_in_the_order_of_their_lines(job):
    text = """\
[data]
train = "no.h5"
test_fraction = 2
[targets]
energy = 1
reference_energies = { Si = "fitt", Xx = 3.0 }
[[potential]]
name = "stillinger-weber"
species = ["Si", "xe"]
[potential.parameters]
A = { intial = 7.05, min = 0 }
"Si-C".A = { initial = 5, min = 7 }
lambda = "x"
B = { prior = 3 }
D = { max = nan }
[[potential]]
pair = "A"
[optimizer]
name = 3
[rum]
folder = "run"
[run]
device = "gpu"
fodler = 3
memory_limit = "4 GiG"
"""
    advice = "a finite number or a table such as { initial = 1.0, min = 0.0 } is expected"
    assert faults(job, text) == [
        "job.toml:3: data.test_fraction: must be below 1.0, not 2.",
        "job.toml:5: targets.energy: true or false is expected, not 1.",
        "job.toml:6: targets.reference_energies.Si: an energy in eV or \"fit\" is expected, not 'fitt'.",
        "job.toml:6: targets.reference_energies.Xx: 'Xx' is not the symbol of a chemical element.",
        "job.toml:9: potential[0].species[1]: 'xe' is not the symbol of a chemical element. Did you mean Xe?",
        "job.toml:11: potential[0].parameters.A.intial is not a known key. Did you mean initial?",
        "job.toml:12: potential[0].parameters.Si-C.A: initial 5.0 is below min 7.0.",
        f"job.toml:13: potential[0].parameters.lambda: {advice}, not 'x'.",
        "job.toml:14: potential[0].parameters.B.prior: a table such as { sigma = 0.05 } is expected, not 3.",
        "job.toml:15: potential[0].parameters.D.max: a finite number is expected, not nan.",
        'job.toml:16: potential[1].species is missing: the elements it is for, such as species = ["Si"].',
        "job.toml:19: optimizer.name: a text in quotes is expected, not 3.",
        "job.toml:20: rum is not a known key. Did you mean run?",
        'job.toml:23: run.device: "auto", "cpu" or "cuda" is expected, or a list of these for the ranks of a '
        "machine, not 'gpu'. For a GPU write \"cuda\".",
        "job.toml:24: run.fodler is not a known key. Did you mean folder?",
        "job.toml:25: run.memory_limit: unknown unit GiG. Did you mean GiB?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "[[potential]]",
            '[run]\ndevice = ["cuda", 1]\n[[potential]]',
            'job.toml:6: run.device: "auto", "cpu" or "cuda" is expected, or a list of these for the ranks '
            "of a "
            "machine, not 1.",
        ),
        (
            "[[potential]]",
            "[run]\ndevice = []\n[[potential]]",
            'job.toml:6: run.device: must not be empty. Write for example ["cuda", "cpu"].',
        ),
        (
            'train = "train.h5"',
            'train = "other.h5"',
            "job.toml:3: data.train: there is no file other.h5. Make it with `hpcfit import`; "
            "paths are relative to the job file.",
        ),
        (
            'train = "train.h5"',
            'train = "train.h5"\ntable = "eos.csv"',
            "job.toml:4: data.table: give either train or table, not both.",
        ),
        (
            '"train.h5"',
            '"train.h5"\ntest = "train.h5"\ntest_fraction = 0.1',
            "job.toml:5: data.test_fraction: give either test or test_fraction, not both.",
        ),
        (
            '"Si", "B"',
            '"Si", "B", "Si"',
            "job.toml:7: potential[0].species[2]: Si is listed twice; remove one.",
        ),
        (
            'name = "stillinger-weber"',
            'name = "stillinger-weber"\npair = "A/r"',
            "job.toml:7: potential[0].pair: give either name or a formula of your own, not both.",
        ),
        (
            'name = "stillinger-weber"',
            "",
            "job.toml:5: potential[0].name is missing: a potential that `hpcfit potentials` lists, or "
            "a formula of your own (pair, triplet, cutoff).",
        ),
        (
            'name = "stillinger-weber"',
            'pair = "A/r"',
            "job.toml:5: potential[0].cutoff is missing: a number or an expression of parameters, "
            "in angstrom.",
        ),
        (
            'name = "stillinger-weber"',
            'pair = "A/r"\ncutof = 3',
            "job.toml:7: potential[0].cutof is not a known key. Did you mean cutoff?",
        ),
        ("[[potential]]", "[potential]", "job.toml:5: potential is missing: write [[potential]] (with two "),
        (
            "[data]",
            "model = 1\n[targets]\nenergy = false\nforces = false\n[data]",
            "job.toml:2: model: a table is expected; write [model]",
        ),
        (
            "[data]",
            "[targets]\nenergy = false\nforces = false\n[data]",
            "job.toml:2: targets: none of energy, forces and stress is true; nothing is fitted.",
        ),
        (
            "[data]",
            '[targets]\nenergy = false\nreference_energies.Si = "fit"\n[data]',
            "job.toml:4: targets.reference_energies.Si: cannot be fitted with energy = false; give a number.",
        ),
        ("[data]", "weights = 3\n[data]", "job.toml:2: weights: a table is expected; write [weights]"),
    ],
)
def test_a_fault_says_where_what_and_what_to_do(job, old, new, fault):
    assert any(each.startswith(fault) for each in faults(job, GOOD.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('train = "', 'tran = "', "job.toml:3: data.tran is not a known key. Did you mean train?"),
        (
            "species",
            "specis",
            "job.toml:7: potential[0].specis is not a known key. Did you mean species?",
        ),
        (
            'name = "stillinger-weber"',
            'pair = "A/r"\ncutof = 3',
            "job.toml:7: potential[0].cutof is not a known key. Did you mean cutoff?",
        ),
        (
            'name = "stillinger-weber"',
            'piar = "A/r"',
            "job.toml:6: potential[0].piar is not a known key. Did you mean pair?",
        ),
        (
            'name = "stillinger-weber"',
            'name = "stillinger-weber"\ncutoff = 3\npair = "A/r"',
            "job.toml:8: potential[0].pair: give either name or a formula of your own (pair, cutoff), not "
            "both.",
        ),
        (
            'name = "stillinger-weber"',
            'embedding = "rho"\ndensity = "A/r"',
            "job.toml:5: potential[0].cutoff is missing: a number or an expression of parameters, in "
            "angstrom.",
        ),
    ],
)
def test_one_fault_is_told_once(job, old, new, fault):
    assert GOOD.count(old) == 1
    assert faults(job, GOOD.replace(old, new)) == [fault]


def test_a_potential_that_is_no_table_is_refused(job):
    assert faults(job, 'potential = [3]\n[data]\ntrain = "train.h5"') == [
        "job.toml:1: potential[0]: a table is expected; write [[potential]] (with two brackets) on a line of "
        "its own."
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("parameters = 3", "parameters: a table such as { A = { initial = 1.0 } } is expected, not 3."),
        ('species = "Si"', "species: a list in square brackets such as [\"Si\"] is expected, not 'Si'."),
        ("species = []", 'species: must not be empty. Write for example ["Si"].'),
        (
            "cutoff = [5]",
            'cutoff: a number, a formula in quotes such as "rc" or a table such as { pair = 5.0, triplet = '
            "3.5 } "
            "is expected, not [5].",
        ),
        (
            "cutoff = { pair = true }",
            'cutoff.pair: a formula in quotes such as "rc" or a number is expected, not true.',
        ),
        ("pair = true", 'pair: a formula in quotes such as "A*exp(-r)" or a number is expected, not true.'),
        (
            "density = [1]",
            'density: a formula in quotes such as "exp(-r)" or a table of several such as { rho = "exp(-r)", '
            'mu = "r*exp(-r)" } is expected, not [1].',
        ),
        (
            'density.rho.rank = "scalar"',
            'density.rho.formula is missing: a function of r, such as formula = "exp(-r)".',
        ),
        ('let = "x"', "let: a table such as { tail = \"exp(-r/rho)\" } is expected, not 'x'."),
        ("auxiliary = 1", "auxiliary: a table such as { k = { initial = 0.0 } } is expected, not 1."),
    ],
)
def test_a_value_of_the_wrong_kind_is_answered_with_an_example(job, line, fault):
    key = line.partition(" ")[0].partition(".")[0]
    keys = {"species": 'species = ["Si"]', "pair": 'pair = "A/r"', "cutoff": "cutoff = 3", key: line}
    text = "\n".join(["[data]", 'train = "train.h5"', "[[potential]]", line, *(set(keys.values()) - {line})])
    assert faults(job, text) == [f"job.toml:4: potential[0].{fault}"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "[data]\ntrain = \n",
            "job.toml:2: not valid TOML: Invalid value (column 9).",
        ),
        (
            "[data]\na = 1\na = 2\n",
            "job.toml:3: not valid TOML: Cannot overwrite a value (column 6).",
        ),
        (
            "[[potential]]\nparameters.A = 1\n[potential.parameters]\n",
            "job.toml:3: not valid TOML: Cannot declare potential.parameters twice (column 22).",
        ),
        ('[data]\ntrain = "x', "job.toml:2: not valid TOML: Unterminated string."),
        (
            "A = { initial = .1 }\n",
            "job.toml:1: not valid TOML: Invalid value (column 17). Write digits on both sides of the point, "
            "as in 0.1 and 1.0, not .1.",
        ),
        (
            "A = { initial = 1, min = 1.e-3 }\n",
            "job.toml:1: not valid TOML: Unclosed inline table (column 27). Write digits on both sides of "
            "the point, as in 0.1 and 1.0, not 1.e-3.",
        ),
        (
            "A = 1.5d-3\n",
            "job.toml:1: not valid TOML: Expected newline or end of document after a statement (column 8). "
            "Write the exponent with e, as in 1.0e-3, not 1.5d-3.",
        ),
        ("energy = True\n", "job.toml:1: not valid TOML: Invalid value (column 10). Write true."),
        (
            "name = gupta # of copper\n",
            'job.toml:1: not valid TOML: Invalid value (column 8). Write a text in quotes, "gupta".',
        ),
        (
            "a min = 3\n",
            "job.toml:1: not valid TOML: Expected '=' after a key in a key/value pair (column 3).",
        ),
        ("A = [1, ;]\n", "job.toml:1: not valid TOML: Invalid value (column 9)."),
    ],
)
def test_a_syntax_error_is_told_with_its_line(job, text, fault):
    assert faults(job, text) == [fault]


def test_a_missing_job_file_is_named(tmp_path):
    with pytest.raises(JobError, match=r"none\.toml: the job file cannot be read: No such file"):
        load_job(tmp_path / "none.toml")


def test_a_file_that_is_not_utf8_is_refused_with_the_line(tmp_path):
    path = tmp_path / "job.toml"
    path.write_bytes(b"[data]\ntrain = '\xe9'\n")
    with pytest.raises(JobError, match=r"job\.toml:2: not UTF-8 text; save the file as UTF-8\."):
        load_job(path)
