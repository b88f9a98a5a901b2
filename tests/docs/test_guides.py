"""Each guide's own tests pass in a project that has its files as an app."""

import re

import pytest

from django_aws_api_gateway_websockets.channels import get_channel_layer
from tests.docs.guides import FILES, GUIDES, run_tests

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("guide", GUIDES)
def test_the_tests_on_a_page_pass(guide, tmp_path):
    number = len(re.findall(r"^    def test_", (FILES / guide / "tests.py").read_text(), re.M))

    assert number
    assert f"Ran {number} test" in run_tests(guide, tmp_path)


def test_the_import_for_code_of_django_channels_is_that_of_a_layer():
    values = {}
    exec((FILES / "coming-from-channels" / "layer.py").read_text(), values)

    assert values["get_channel_layer"] is get_channel_layer
