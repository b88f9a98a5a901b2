"""The page of experiments says what the tests hold, and nothing else."""

from tests.conformance import experiments
from tests.conformance.fidelity import marked_tests

NAMES = {name for entries in experiments.listed().values() for name in entries}


def test_the_page_is_what_the_list_and_the_marks_make_of_it():
    page = experiments.PAGE.read_text()

    assert page == experiments.page(), "python -m tests.conformance.experiments"


def test_every_row_is_held_by_a_test_and_every_mark_has_a_row():
    assert set(marked_tests("experiment")) == NAMES
