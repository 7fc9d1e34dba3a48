"""Errors of several ranks become one."""

from __future__ import annotations

import pytest

from hpcfit.errors import DataError, HpcfitError, JobError
from hpcfit.parallel.agree import agreement, first_error, from_root, met_at, portable, restore
from hpcfit.parallel.communicator import SerialCommunicator


class Fussy(HpcfitError):
    """An error class of a plugin that cannot be copied."""

    exit_code = 2

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")


class Three(SerialCommunicator):
    """As many ranks as the errors are of."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 3


def test_the_error_of_the_lowest_rank_is_taken_and_names_it() -> None:
    errors = [None, portable(DataError("b.h5: torn")), portable(DataError("c.h5: torn"))]
    error = first_error(errors, Three())
    assert isinstance(error, DataError)
    assert str(error) == "rank 1 of 3: b.h5: torn"


def test_an_error_that_says_where_it_was_met_names_no_second_place() -> None:
    for met in (met_at("start 4", DataError("torn")), met_at("start 4", Fussy("here", "wrong"))):
        error = first_error([None, portable(met), None], Three())
        assert error is not None
        assert str(error) == f"start 4: {'torn' if isinstance(met, DataError) else 'here: wrong'}"


def test_an_error_that_all_ranks_share_names_none() -> None:
    assert str(first_error([portable(JobError(["a", "b"]))] * 3, Three())) == "a\nb"


def test_no_error_is_no_error() -> None:
    assert first_error([None, None, None], Three()) is None


def test_an_error_that_cannot_be_copied_keeps_its_text_and_exit_code() -> None:
    error = restore(portable(Fussy("here", "wrong")))
    assert str(error) == "here: wrong"
    assert error.exit_code == 2


def test_one_process_raises_its_own_error_unchanged() -> None:
    comm = SerialCommunicator()
    with pytest.raises(DataError, match=r"^torn$"), agreement(comm):
        raise DataError("torn")
    with pytest.raises(DataError, match=r"^torn$"):
        from_root(comm, _fail)
    assert from_root(comm, lambda: 3) == 3


def test_other_exceptions_pass_through_at_once() -> None:
    with pytest.raises(ZeroDivisionError), agreement(SerialCommunicator()):
        raise ZeroDivisionError


def _fail() -> None:
    raise DataError("torn")
