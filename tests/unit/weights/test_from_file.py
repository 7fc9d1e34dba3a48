"""Weights from a text file: its lines, whom they are for, and what is refused."""

import pytest
from weighed import slab, survey

from hpcfit.errors import DataError, JobError
from hpcfit.weights import ConfigurationWeight, FileWeights

NONE = (0.0, 0.0, 0.0)
SURVEY = survey(
    [
        ("slab-1", "Surface", (0, 1), -4.0, NONE),
        ("slab-2", "Surface", (0, 1), -4.0, NONE),
        ("a run/step 10#3", "AIMD", (0, 1), -4.0, NONE),
        ("bulk", "", (0, 1), -4.0, NONE),
    ]
)


@pytest.fixture
def written(tmp_path, monkeypatch):
    """written(text, **options): the scheme of a file weights.txt in the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(text, **options):
        (tmp_path / "weights.txt").write_text(text, encoding="utf-8")
        return FileWeights(file="weights.txt", **options)

    return write


def told(caught):
    """The faults of an error, each of which begins with the option that names the file."""
    prefix = "weights.file: "
    assert all(each.startswith(prefix) for each in caught.value.problems)
    return tuple(each.removeprefix(prefix) for each in caught.value.problems)


def found(scheme):
    """The weights of every configuration of the survey."""
    return [scheme.surveyed(SURVEY).weights(slab(name)) for name in SURVEY.identifiers]


def test_one_number_is_config_and_four_are_all(written):
    text = 'slab-1 2\nslab-2 1 2 3 4   # a remark\n\n# another\n"a run/step 10#3" 0.5\r\nbulk\t0.1\n'
    assert found(written(text)) == [
        ConfigurationWeight(2.0),
        ConfigurationWeight(1.0, 2.0, 3.0, 4.0),
        ConfigurationWeight(0.5),
        ConfigurationWeight(0.1),
    ]


def test_a_first_line_names_the_columns_and_the_keys_multiply(written):
    text = "identifier forces energy\nslab-1 2 3\n* 1 0.5\n"
    assert found(written(text, energy=10.0, config=3.0)) == [
        ConfigurationWeight(3.0, 30.0, 2.0),
        *[ConfigurationWeight(3.0, 5.0, 1.0)] * 3,
    ]


def test_a_line_for_one_goes_before_patterns_and_tags(written):
    text = 'tag:Surface 2\nslab-2 5\n"?* run/*" 3\ntag: 4\n'
    assert [each.config for each in found(written(text))] == [2.0, 5.0, 3.0, 4.0]


def test_configurations_without_a_line_have_the_default(written):
    assert [each.config for each in found(written("slab-1 2\n", default=0.25))] == [2.0, 0.25, 0.25, 0.25]


def test_lines_of_other_configurations_may_be_ignored(written):
    scheme = written("slab-1 2\nslab-9 2\ntag:Melt 3\n", default=1.0, unused="ignore")
    assert found(scheme)[0].config == 2.0


def test_an_identifier_in_quotes_may_hold_quotes(written):
    lines = written('"say \\"a\\" \\\\ b" 2\n').lines
    assert [(line.name, line.number, dict(line.factors)) for line in lines] == [
        ('say "a" \\ b', 1, {"config": 2.0})
    ]


def test_what_the_file_does_not_fit_is_told_with_its_lines(written):
    scheme = written("slab-1 2\nslab_2 3\ntag:Melt 3\nslab-* 1\nb* 1\n*lk 2\n")
    with pytest.raises(JobError) as caught:
        scheme.surveyed(SURVEY)
    ignore = 'If others may stand there, write unused = "ignore".'
    assert told(caught) == (
        f"weights.txt:2: no training configuration is 'slab_2'. Did you mean slab-2? {ignore}",
        f"weights.txt:3: no training configuration is 'tag:Melt'. {ignore}",
        "weights.txt: no line for configuration 'a run/step 10#3'; add one, or give weights.default.",
        "weights.txt:6: '*lk' and, in line 5, 'b*' are both for configuration 'bulk'; give it a line of its "
        "own.",
    )


def test_many_faults_are_counted(written):
    many = survey([(f"c{k}", "", (0, 1), -4.0, NONE) for k in range(20)])
    with pytest.raises(JobError) as caught:
        written("c0 1\n").surveyed(many)
    assert len(told(caught)) == 11
    assert told(caught)[-1] == "weights.txt: and 9 faults more of this kind."


def test_every_fault_of_the_lines_is_told_at_once(written):
    with pytest.raises(JobError) as caught:
        written("a 1\nb 1 2\nc one\nd -1\ne nan\na 2\n")
    expected = "a finite number of at least 0 is expected."
    assert told(caught) == (
        "weights.txt:2: 2 numbers after the identifier, where 1 (config) or 4 (config energy forces stress) "
        "are expected; name other columns in a first line such as: identifier forces",
        f"weights.txt:3: config = one: {expected}",
        f"weights.txt:4: config = -1: {expected}",
        f"weights.txt:5: config = nan: {expected}",
        "weights.txt:6: 'a' stands in line 1 already; remove one.",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "# nothing\n",
            "weights.txt: the file holds no weights; write a line such as: IDENTIFIER 2.0",
        ),
        (
            "identifier force\na 1\n",
            "weights.txt:1: unknown column 'force'. Did you mean forces?",
        ),
        (
            "identifier energy energy\na 1 1 1 1\n",
            "weights.txt:1: each column is named once, and one at least: of config, energy, forces, stress.",
        ),
        (
            "identifier forces\na 1 2\n",
            "weights.txt:2: 2 numbers after the identifier for the columns forces.",
        ),
    ],
)
def test_a_file_that_says_nothing_or_names_wrong_columns_is_refused(written, text, message):
    with pytest.raises(JobError) as caught:
        written(text)
    assert told(caught) == (message,)


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.txt").write_bytes(b"a 1\n\xff 2\n")
    with pytest.raises(JobError) as caught:
        FileWeights(file="weights.txt")
    assert told(caught) == ("weights.txt:2: not UTF-8 text; save the file as UTF-8.",)
    with pytest.raises(JobError) as caught:
        FileWeights(file="other.txt")
    assert told(caught) == ("other.txt: cannot be read: No such file or directory.",)


def test_weights_before_the_survey_are_refused(written):
    with pytest.raises(DataError, match=r"^file weights depend on all training configurations: call"):
        written("a 1\n").weights(slab())
