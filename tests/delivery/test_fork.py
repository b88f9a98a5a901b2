"""A process that forks after it has sent, as pre-forking servers and task workers do."""

import os
import subprocess
import sys

import pytest

from tests.delivery.recording_server import KEYS, REGION

# Runs on its own, because a test process has threads and must not fork.
PROGRAM = """
import os, sys
from django_aws_api_gateway_websockets.core.sigv4.sign import Credentials
from django_aws_api_gateway_websockets.delivery.endpoint import Endpoint
from django_aws_api_gateway_websockets.delivery.outcome import OutcomeKind
from django_aws_api_gateway_websockets.delivery.sender import Sender

url, region, access_key, secret_key = sys.argv[1:]
sender = Sender(Endpoint.parse(url, region=region), lambda: Credentials(access_key, secret_key))

def send(who, number=20):
    ids = [f"{who}-{index}" for index in range(number)]
    outcomes = list(sender.post_many(ids, b"hello", max_in_flight=8))
    assert [o.kind for o in outcomes] == [OutcomeKind.SENT] * number, outcomes
    assert {o.attempts for o in outcomes} == {1}, outcomes

send("before")
midway = [f"midway-{index}" for index in range(100)]
under_way = sender.post_many(midway, b"hello", max_in_flight=8)
next(under_way)
sockets = len(os.listdir("/proc/self/fd"))
child = os.fork()
if child == 0:
    under_way = None
    # One descriptor is the listing itself; the parent's connections are closed here.
    assert len(os.listdir("/proc/self/fd")) < sockets
    send("child")
    os._exit(0)
_, status = os.waitpid(child, 0)
assert status == 0, status
send("parent")
assert {o.kind for o in under_way} == {OutcomeKind.SENT}
"""


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_parent_and_child_both_deliver_after_a_fork(request, certificate, scheme):
    server = request.getfixturevalue("server" if scheme == "http" else "tls_server")
    arguments = [server.url, REGION, KEYS.access_key, KEYS.secret_key]

    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM, *arguments],
        env={**os.environ, "AWS_CA_BUNDLE": str(certificate[0])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (result.returncode, result.stderr) == (0, "")
    for who in ("before", "child", "parent"):
        assert all(server.ids[f"{who}-{index}"] == 1 for index in range(20))
    assert all(server.ids[f"midway-{index}"] == 1 for index in range(100))
