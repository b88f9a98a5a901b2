"""The kit is there for one test: nothing of it is left for the next."""

import unittest
from unittest import TestCase

import pytest
from django.test import TestCase as DjangoTestCase
from django.utils import timezone

from django_aws_api_gateway_websockets.sending.stand_in import find_stand_in
from django_aws_api_gateway_websockets.testing import (
    NetworkInTestError,
    OutsideTestError,
    WebSocketClient,
    clock,
    outbox,
)
from django_aws_api_gateway_websockets.testing.running_test import current_gateway, end_gateway


def run(case: type[TestCase]) -> unittest.TestResult:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    return result


def test_each_test_of_a_case_has_a_gateway_of_its_own():
    seen = []

    class Cases(TestCase):
        def setUp(self):
            seen.append(current_gateway())
            clock.now()

        def test_one(self):
            assert current_gateway() is seen[-1] is find_stand_in()

        def test_two(self):
            assert current_gateway() is seen[-1] is find_stand_in()

        def tearDown(self):
            assert current_gateway() is seen[-1]

    before = timezone.datetime
    result = run(Cases)

    assert (result.failures, result.errors, result.testsRun) == ([], [], 2)
    assert seen[0] is not seen[1]
    assert find_stand_in() is None
    assert timezone.datetime is before


def test_a_gateway_belongs_to_the_test_that_asks_for_it():
    outer = current_gateway()

    class Cases(TestCase):
        def test(self):
            assert current_gateway() is not outer

    assert run(Cases).wasSuccessful()
    assert current_gateway() is not outer


@pytest.mark.parametrize("name", ["setUpClass", "setUpTestData"])
@pytest.mark.django_db
def test_clearing_the_outbox_for_several_tests_is_refused_in_a_sentence(name):
    class Cases(DjangoTestCase):
        def test(self):
            pass

    setattr(Cases, name, classmethod(lambda cls: outbox.clear()))
    getattr(Cases, name).__func__.__code__ = getattr(Cases, name).__func__.__code__.replace(
        co_name=name
    )

    with pytest.raises(OutsideTestError, match=rf"{name}\(\) sets up several tests"):
        getattr(Cases, name)()


def test_outside_of_a_test_there_is_nothing_to_use(monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")

    with pytest.raises(OutsideTestError, match="No test runs here"):
        outbox.clear()
    end_gateway()


@pytest.mark.django_db
def test_a_test_that_does_not_use_the_kit_sends_nothing(session, settings):
    settings.WEBSOCKETS = {}

    with pytest.raises(NetworkInTestError):
        session.send_message("x")
    WebSocketClient("/ws/")
    session.send_message("x")

    assert outbox[0].to == [session.connection_id]
