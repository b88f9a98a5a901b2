"""Those who have used up a limit, shown above the list of attempts or tokens."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from django_aws_api_gateway_websockets.models import (
    AttemptWindow,
    ConnectionRateLimit,
    WebSocketToken,
    attempt_key,
)
from django_aws_api_gateway_websockets.models.attempt_window import user_key
from tests.admin.pages import list_of, page_of
from tests.project.views import LimitedView, TokenView

pytestmark = pytest.mark.django_db

LIST = list_of("connectionratelimit")


@pytest.fixture
def limits(settings) -> None:
    settings.WEBSOCKETS = {"rate_limit_max_attempts": 3, "rate_limit_window_minutes": 5}


def use_up(key: str, times: int = 3, minutes_ago: float = 0) -> None:
    AttemptWindow.objects.create(
        key=key, attempts=times, opened_at=timezone.now() - timedelta(minutes=minutes_ago)
    )


def lockouts(client, model: str = "connectionratelimit") -> list[str]:
    return client.get(list_of(model)).context["lockouts"]


def test_addresses_and_users_are_named_with_the_time_their_door_opens(viewer, limits):
    ada = get_user_model().objects.create_user("ada")
    use_up(attempt_key("203.0.113.9"))
    use_up(attempt_key("2001:db8::1"))
    use_up(attempt_key("203.0.113.1", ada), minutes_ago=1)

    texts = dict(line.split(": until ") for line in lockouts(viewer))

    assert texts.keys() == {"203.0.113.9", "2001:db8::/64", "user ada"}
    assert "(in 300 s)" in texts["203.0.113.9"] or "(in 299 s)" in texts["203.0.113.9"]
    assert "(in 240 s)" in texts["user ada"] or "(in 239 s)" in texts["user ada"]
    assert "delete their latest attempts" in viewer.get(LIST).content.decode()


def test_nobody_is_named_who_may_connect(viewer, limits):
    use_up("ip:203.0.113.1/32", times=2)
    use_up("ip:203.0.113.2/32", minutes_ago=6)
    use_up("token:1", times=9)

    assert lockouts(viewer) == []
    assert "Locked out" not in viewer.get(LIST).content.decode()


def test_views_with_limits_of_their_own_are_named(viewer, limits, monkeypatch):
    monkeypatch.setattr(LimitedView, "RATE_LIMIT_MAX_ATTEMPTS", 5)
    monkeypatch.setattr(LimitedView, "RATE_LIMIT_WINDOW_MINUTES", 60)
    use_up("ip:203.0.113.1/32", times=5, minutes_ago=10)

    [line] = lockouts(viewer)

    assert line.endswith("from LimitedView")
    assert TokenView.__name__ not in line


def test_many_are_cut(viewer, limits):
    for number in range(30):
        use_up(f"ip:203.0.113.{number}/32")

    lines = lockouts(viewer)

    assert len(lines) == 21
    assert lines[-1] == "… and more"


def test_a_user_who_is_gone_or_whose_key_is_a_digest_is_shown_by_it(viewer, limits):
    use_up("user:4711")
    use_up("user:" + "ab" * 32)

    assert {line.partition(":")[0] for line in lockouts(viewer)} == {
        "user 4711",
        "user " + "ab" * 32,
    }


def test_deleting_attempts_in_the_admin_opens_the_door(root, limits):
    attempt = ConnectionRateLimit.record_attempt("203.0.113.9")
    use_up(attempt_key("203.0.113.9"), minutes_ago=1)
    page = root.get(page_of(attempt)).content.decode()
    assert "until " in page
    chosen = {"action": "delete_selected", "_selected_action": [attempt.pk], "post": "yes"}

    root.post(LIST, chosen)

    assert lockouts(root) == []
    assert not AttemptWindow.objects.exists()


def test_deleting_one_attempt_on_its_page_opens_the_door(root, limits):
    attempt = ConnectionRateLimit.record_attempt("203.0.113.9")
    use_up(attempt_key("203.0.113.9"), minutes_ago=1)

    root.post(page_of(attempt, "delete"), {"post": "yes"})

    assert lockouts(root) == []


def test_an_attempt_of_somebody_who_may_connect_says_so(viewer, limits):
    attempt = ConnectionRateLimit.record_attempt("203.0.113.9")

    assert "not at the moment" in viewer.get(page_of(attempt)).content.decode()


def test_users_without_new_tokens_are_shown_above_the_tokens(root, settings):
    settings.WEBSOCKETS = {"token_rate_limit_per_minute": 3}
    ada = get_user_model().objects.create_user("ada")
    WebSocketToken.generate_token(ada, "session")
    use_up(user_key("token", ada.pk), times=3)

    [line] = lockouts(root, "websockettoken")
    WebSocketToken.objects.all().delete()

    assert line.startswith("user ada: until ")
    # The window was opened after the token was made, by hand of this test.
    assert len(lockouts(root, "websockettoken")) == 1
