"""Ranks that come to different calls hear of it, and never wait for one that has ended."""

from __future__ import annotations

import pytest

from hpcfit.errors import RunError
from hpcfit.parallel import roll_call as module
from hpcfit.parallel.communicator import SerialCommunicator
from hpcfit.parallel.roll_call import roll_call


class Ranks(SerialCommunicator):
    """One rank's view of several, which come to the given calls."""

    def __init__(self, *calls: str) -> None:
        super().__init__()
        self.size = len(calls)
        self.calls = list(calls)

    def roll_call(self, word: str) -> list[str]:
        return self.calls


@pytest.fixture(autouse=True)
def no_rank_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ended", False)


def test_one_process_is_never_asked() -> None:
    roll_call(Ranks("anything"), "fit()")


def test_ranks_that_make_the_same_call_go_on() -> None:
    roll_call(Ranks("fit()", "fit()"), "fit()")


def test_the_first_rank_that_differs_is_named_on_all() -> None:
    with pytest.raises(RunError) as caught:
        roll_call(Ranks("fit()", "fit()", "predict()"), "fit()")
    assert str(caught.value) == (
        "rank 0 has come to fit(), but rank 2 to predict(). Every rank must make the same calls of hpcfit: "
        "ask for no rank before them."
    )


def test_a_rank_that_has_ended_is_not_waited_for_again() -> None:
    with pytest.raises(RunError):
        roll_call(Ranks("fit()", "the end of the program"), "fit()")
    with pytest.raises(RunError) as caught:
        roll_call(Ranks("fit()", "fit()"), "fit()")
    assert str(caught.value) == (
        "fit(): another rank has ended its program before. Every rank must make the same calls of hpcfit: "
        "ask for no rank before them."
    )
