"""Statements over the same sessions at the same moment: none fails for the sake of another."""

import random

import pytest
from django.db import OperationalError, connection, transaction

from django_aws_api_gateway_websockets.models import WebSocketSession
from django_aws_api_gateway_websockets.models.deadlocks import MOST_TRIES, outlast_deadlocks
from tests.models.audiences import make_sessions
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)

on_a_server = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite has one writer at a time"
)


def deadlock() -> OperationalError:
    """An error as Django raises it when this database has ended a statement for another."""
    number = 1213 if connection.vendor == "mysql" else "database is locked"
    error = OperationalError(number, "Deadlock found when trying to get lock")
    error.__cause__ = OperationalError()
    if connection.vendor == "postgresql":
        error.__cause__.sqlstate = "40P01"
    return error


class Statement:
    def __init__(self, error: Exception, *, fails: int) -> None:
        self.error = error
        self.fails = fails
        self.runs = 0

    def __call__(self) -> str:
        self.runs += 1
        if self.runs <= self.fails:
            raise self.error
        return "done"


def test_a_statement_that_was_given_up_is_made_again():
    statement = Statement(deadlock(), fails=2)

    assert outlast_deadlocks(statement, using="default") == "done"
    assert statement.runs == 3


def test_a_statement_that_always_fails_is_given_up_in_the_end():
    statement = Statement(deadlock(), fails=MOST_TRIES)

    with pytest.raises(OperationalError):
        outlast_deadlocks(statement, using="default")
    assert statement.runs == MOST_TRIES


def test_another_error_is_raised_at_once():
    statement = Statement(OperationalError(2006, "Server has gone away"), fails=1)

    with pytest.raises(OperationalError):
        outlast_deadlocks(statement, using="default")
    assert statement.runs == 1


def test_nothing_is_repeated_within_a_transaction():
    statement = Statement(deadlock(), fails=1)

    with pytest.raises(OperationalError), transaction.atomic():
        outlast_deadlocks(statement, using="default")
    assert statement.runs == 1


@on_a_server
@pytest.mark.slow
def test_closes_marks_messages_and_disconnects_over_the_same_sessions_all_end_well(api_gateway):
    sessions = make_sessions(api_gateway, 300)
    WebSocketSession.objects.update(api_gateway=None)
    keys = [one.pk for one in sessions]
    ids = [one.connection_id for one in sessions]

    def close_many(chosen, number):
        queryset = WebSocketSession.objects.filter(pk__in=random.sample(keys, 60))
        if number % 2:
            queryset.order_by("?").close()
        else:
            # As a logout does in a project with `ATOMIC_REQUESTS`.
            with transaction.atomic():
                queryset.order_by("?").close()

    def mark_many(chosen, number):
        WebSocketSession.mark_gone(random.sample(ids, 60))

    def message(chosen, number):
        WebSocketSession.find_connected(chosen, "", or_without_api=True, counts_message=True)

    def disconnect(chosen, number):
        WebSocketSession.close_connection(chosen, "", or_without_api=True)

    def reopen(chosen, number):
        WebSocketSession.objects.filter(connection_id=chosen).update(connected=True)

    acts = [close_many, mark_many, message, message, message, disconnect, reopen]

    def act(number):
        acts[number % len(acts)](random.choice(ids), number)

    race(act, times=1500)
