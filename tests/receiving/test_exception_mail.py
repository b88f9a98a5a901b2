import logging

import django
import pytest

from django_aws_api_gateway_websockets.receiving.exception_mail import mail_exception


class View:
    pass


class OtherView:
    pass


@pytest.fixture(autouse=True)
def _administrators(settings):
    settings.ADMINS = ["ada@example.com"] if django.VERSION >= (6,) else [("A", "a@example.com")]


def test_one_mail_an_interval_for_each_view_and_kind_of_error(mailoutbox):
    for view_class in (View, View, OtherView):
        for error in (KeyError("k"), LookupError("l"), KeyError("again")):
            mail_exception(view_class, error, interval_seconds=60)

    assert [mail.body for mail in mailoutbox] == ["'k'", "l", "'k'", "l"]


def test_without_an_interval_each_error_is_mailed(mailoutbox):
    for _ in range(3):
        mail_exception(View, OSError("disk"), interval_seconds=0)

    assert [mail.body for mail in mailoutbox] == ["disk"] * 3


def test_a_mail_that_cannot_be_sent_is_logged(monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise ConnectionRefusedError("no mail server here")

    # Mail is the operating system's business; its failure must not be the handler's.
    monkeypatch.setattr(
        "django_aws_api_gateway_websockets.receiving.exception_mail.mail_admins", broken
    )
    caplog.set_level(logging.WARNING)

    mail_exception(View, ValueError("v"), interval_seconds=0)

    assert "could not be told by mail" in caplog.text
