"""Frames as Autobahn|Testsuite judges them, in two profiles.

The conformance profile takes whatever RFC 6455 allows and has to pass everything. The production
profile is the gateway with API Gateway's limits, which the suite knows nothing of: its cases pass
too, or they end with the close code API Gateway gives, and with nothing else.
"""

import os
import re

import pytest

from tests.conformance.autobahn.suite import find_python, installed_suite, verdicts

UNCOMPRESSED = [f"{section}.*" for section in (1, 2, 3, 4, 5, 6, 7, 9, 10)]

# Every way to negotiate compression, with messages short enough for the limits; the whole of both
# sections takes a quarter of an hour.
COMPRESSED = [*(f"12.1.{size}" for size in (1, 2, 3, 4)), *(f"13.{way}.1" for way in range(1, 8))]

JUDGED_AT_THE_END_OF_A_FRAME = {"6.4.3", "6.4.4"}
"""Bad UTF-8 in a frame that is still arriving. It is refused as the suite wants, but once the frame
is whole: a frame ends before 32 KB here."""

BINARY = re.compile(r"1\.2\.[1-5]|9\.4\.[1-5]|9\.8\..*")
"""Binary messages whose first frame is within the limits."""

TOO_LARGE = re.compile(r"1\.[12]\.[678]|9\.[12]\..*|9\.3\..*|9\.4\.[6-9]|9\.[56]\..*")
"""Frames over 32 KB, and messages over 128 KB in frames or packets of every size."""


@pytest.fixture(scope="module")
def wstest():
    python = find_python()
    if python is None:
        missing = "Autobahn|Testsuite needs a CPython 2.7, as `python2.7` or in pyenv."
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return installed_suite(python)


@pytest.mark.timeout(300)
@pytest.mark.experiment("E1")
def test_everything_the_protocol_allows_is_understood(wstest, tmp_path):
    said = verdicts(wstest, tmp_path, "conformance", UNCOMPRESSED)

    assert len(said) == 301
    assert {case: verdict for case, verdict in said.items() if not verdict.is_passed} == {}
    late = {case for case, verdict in said.items() if verdict.behavior == "NON-STRICT"}
    assert late <= JUDGED_AT_THE_END_OF_A_FRAME


@pytest.mark.fact("limits-before-rfc")
@pytest.mark.timeout(300)
@pytest.mark.experiment("E2")
def test_within_the_limits_of_aws_it_is_the_same_and_beyond_them_it_closes_as_aws_does(
    wstest, tmp_path
):
    said = verdicts(wstest, tmp_path, "production", UNCOMPRESSED)

    assert len(said) == 301
    refused = {case: verdict for case, verdict in said.items() if not verdict.is_passed}
    binary = {case for case in said if BINARY.fullmatch(case)}
    too_large = {case for case in said if TOO_LARGE.fullmatch(case)}
    assert set(refused) == binary | too_large
    assert {refused[case].close_code for case in binary} == {1003}
    assert {refused[case].close_code for case in too_large} == {1009}


@pytest.mark.timeout(300)
def test_compressed_messages_are_understood(wstest, tmp_path):
    said = verdicts(wstest, tmp_path, "conformance", COMPRESSED)

    assert len(said) == len(COMPRESSED)
    assert {case: verdict for case, verdict in said.items() if verdict.behavior != "OK"} == {}
