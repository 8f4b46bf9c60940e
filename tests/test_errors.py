"""Errors that a user can mend."""

import pickle

from emergence.errors import EmergenceError


def test_an_error_tells_problem_and_remedy_in_one_line_and_apart() -> None:
    error = EmergenceError("a is missing; b is there", "add a")
    assert str(error) == "a is missing; b is there; add a"
    assert (error.problem, error.remedy) == ("a is missing; b is there", "add a")
    assert str(EmergenceError("a is missing")) == "a is missing"


def test_an_error_of_another_process_keeps_its_message() -> None:
    assert str(pickle.loads(pickle.dumps(EmergenceError("a is missing", "add a")))) == "a is missing; add a"
