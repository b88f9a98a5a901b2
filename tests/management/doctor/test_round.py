"""The doctor's round where nothing is broken: it gets all the way, says so, and leaves nothing."""

import pytest

from tests.management.doctor.conftest import count_rows, examine

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

BOTH = pytest.mark.parametrize("on_aws", [False, True], ids=["locally", "as on AWS"])


@BOTH
def test_a_message_goes_all_the_way_round_and_leaves_nothing(make_site, on_aws):
    make_site(on_aws=on_aws)
    before = count_rows()

    said = examine()

    assert (said.code, set(said.signs().values()) - {"✓", "-"}) == (0, set()), said.text
    assert "all is well: a message went all the way round in" in said.text
    assert count_rows() == before


@BOTH
def test_a_user_with_cookie_and_token_gets_round_and_leaves_nothing(make_site, ada, on_aws):
    make_site("/token-ws/", on_aws=on_aws)
    before = count_rows()

    said = examine("--user", "ada")

    assert (said.code, set(said.signs().values()) - {"✓", "-"}) == (0, set()), said.text
    assert (said.signs()["login"], said.signs()["token"]) == ("✓", "✓")
    assert count_rows() == before


def test_without_a_user_a_view_that_wants_one_is_reached_and_no_alarm_is_raised(make_site):
    make_site("/token-ws/")

    said = examine()

    assert said.code == 0, said.text
    assert said.signs()["reachability"] == "✓"
    assert "Give one with --user NAME, and the doctor goes all the way round." in said.text
    assert "nothing is broken as far as was looked" in said.text
