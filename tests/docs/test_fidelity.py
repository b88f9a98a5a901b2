"""The page of facts about API Gateway says what the tests show, and nothing else."""

from collections import Counter

from tests.conformance import fidelity

FACTS = {fact.name: fact for section in fidelity.sections() for fact in section.facts}


def test_the_page_is_what_the_facts_and_the_marks_make_of_it():
    assert fidelity.PAGE.read_text() == fidelity.page(), "python -m tests.conformance.fidelity"


def test_every_fact_is_held_by_a_test_or_is_a_difference_with_its_reason():
    tests = fidelity.marked_tests()

    assert [name for name, fact in FACTS.items() if not (tests[name] or fact.difference)] == []


def test_every_mark_names_a_fact():
    assert set(fidelity.marked_tests()) - set(FACTS) == set()


def test_a_fact_has_one_name():
    names = Counter(fact.name for section in fidelity.sections() for fact in section.facts)

    assert [name for name, count in names.items() if count > 1] == []


def test_the_list_is_long():
    assert len(FACTS) >= 150


def test_the_page_opens_with_its_summary():
    opening = fidelity.PAGE.read_text().partition("This page has a row")[0]

    assert f"| facts on this page | {len(FACTS)} |" in opening
    assert opening.count("| known as ") == len(fidelity.CERTAINTY)
