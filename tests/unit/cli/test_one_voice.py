"""Mistakes in the words of a command are told by the first of the processes that were given them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hpcfit.cli import app, one_voice

Ended = tuple[object, str, str]
MISTAKES = (
    ("run", "job.toml", "--colour"),
    ("run",),
    ("analyze", "mcmc", "there", "--steps", "many"),
    ("analyze", "there", "covarianc"),
    ("potentils",),
    ("--verse", "run"),
)


@pytest.fixture(name="run")
def _run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Code, output and errors of a command in one of two processes."""
    for variable in app._THREAD_VARIABLES:
        monkeypatch.setenv(variable, "1")
    monkeypatch.setattr(one_voice.time, "sleep", lambda seconds: None)

    def run(rank: int, *words: str) -> Ended:
        monkeypatch.setenv("PMI_SIZE", "2")
        monkeypatch.setenv("PMI_RANK", str(rank))
        with pytest.raises(SystemExit) as ended:
            app.main(words)
        told = capsys.readouterr()
        return ended.value.code, told.out, told.err

    return run


@pytest.mark.parametrize("words", MISTAKES)
def test_the_first_process_tells_a_mistake(run: Callable[..., Ended], words: tuple[str, ...]) -> None:
    code, _, error = run(0, *words)
    assert code == 2
    assert error


@pytest.mark.parametrize("words", MISTAKES)
def test_the_others_end_like_it_without_a_word(run: Callable[..., Ended], words: tuple[str, ...]) -> None:
    assert run(1, *words) == (2, "", "")


def test_what_one_process_does_alone_is_nothing_to_the_others(run: Callable[..., Ended]) -> None:
    assert run(0, "models", "no-model")[0] == 2
    assert run(1, "models", "no-model") == (0, "", "")
    assert run(1, "models", "--colour") == (0, "", "")


def test_a_process_with_files_of_its_own_speaks_for_itself(run: Callable[..., Ended]) -> None:
    code, _, error = run(1, "inspect", "no-such-file.h5")
    assert code == 2
    assert "no-such-file.h5" in error
    code, _, error = run(1, "inspect")
    assert code == 2
    assert "Missing argument" in error


def test_only_the_launcher_of_several_processes_silences() -> None:
    assert not one_voice.another_speaks("run", {})
    # A shell in an allocation: srun has not started it.
    assert not one_voice.another_speaks("run", {"SLURM_NTASKS": "8", "SLURM_PROCID": "3"})
    assert one_voice.another_speaks("run", {"SLURM_STEP_NUM_TASKS": "8", "SLURM_PROCID": "3"})
    assert one_voice.another_speaks(None, {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1"})
