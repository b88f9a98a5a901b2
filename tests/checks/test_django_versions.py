"""Versions of Django under which a client could write API Gateway's headers."""

import django
import pytest

from django_aws_api_gateway_websockets.checks.django_versions import find_mended_version
from tests.checks.reports import ids, text_of


@pytest.mark.parametrize(
    ("version", "mended"),
    [
        ((5, 2, 12, "final", 0), "5.2.13"),
        ((5, 2, 13, "final", 0), None),
        ((5, 1, 99, "final", 0), "5.2.13"),
        ((6, 0, 0, "final", 0), "6.0.4"),
        ((6, 0, 3, "final", 0), "6.0.4"),
        ((6, 0, 4, "final", 0), None),
        ((6, 1, 0, "alpha", 1), None),
        ((7, 0, 0, "final", 0), None),
    ],
)
def test_the_version_to_go_to_is_named(version, mended):
    assert find_mended_version(version) == mended


def test_such_a_version_is_reported(monkeypatch):
    assert "E004" not in ids()

    monkeypatch.setattr(django, "VERSION", (6, 0, 2, "final", 0))

    assert "Install Django 6.0.4 or later" in text_of("E004")
