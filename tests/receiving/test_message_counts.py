"""Each message that gets to a handler is counted."""

import pytest

from tests import events
from tests.project.views import OpenView

pytestmark = pytest.mark.django_db


def test_each_message_is_counted(client, session):
    for _ in range(3):
        events.message(client, {"handler": "silent"})

    session.refresh_from_db()
    assert session.request_count == 4


def test_a_message_that_gets_to_no_handler_is_not_counted(client, session, monkeypatch):
    nameless = events.message(client, {"text": "hello"})
    monkeypatch.setattr(OpenView, "http_method_names", ["get"])
    not_allowed = events.message(client, {"handler": "silent"})

    assert (nameless.status_code, not_allowed.status_code) == (400, 405)
    session.refresh_from_db()
    assert session.request_count == 1


def test_messages_need_not_be_counted(client, session, settings, django_assert_num_queries):
    settings.WEBSOCKETS = {"count_messages": False}

    with django_assert_num_queries(1):
        assert events.message(client, {"action": "silent"}).status_code == 200

    session.refresh_from_db()
    assert session.request_count == 1
