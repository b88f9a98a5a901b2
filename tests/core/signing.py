"""Requests signed by our own signer and by botocore, for the tests of signatures."""

from datetime import UTC, datetime

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from django_aws_api_gateway_websockets.core.sigv4.check import SignedRequest, verify
from django_aws_api_gateway_websockets.core.sigv4.sign import (
    Credentials,
    RequestSigner,
    canonical_path,
)

MOMENT = datetime(2026, 9, 25, 0, 22, 29, tzinfo=UTC)
KEYS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
HOST = "abc.execute-api.eu-west-1.amazonaws.com"
PATH = "/prod/@connections/L0SM9cOFvHcCIhw%3D"


def sign(path=PATH, keys=KEYS, **overrides):
    """The request our own signer makes, as a server would see it."""
    case = {
        "region": "eu-west-1",
        "service": "execute-api",
        "method": "POST",
        "host": HOST,
        "moment": MOMENT,
        "body": b'{"hello": "there"}',
        "query": "",
    } | overrides
    signer = RequestSigner(keys, **case)
    headers = [("host", case["host"]), *((name.lower(), value) for name, value in signer.headers)]
    headers.append(("authorization", signer.authorization(canonical_path(path))))
    return SignedRequest(case["method"], path, case["query"], tuple(headers), case["body"])


def sign_with_botocore(monkeypatch, path=PATH, keys=KEYS, *, headers=(), **overrides):
    """The same request signed by botocore, its clock held at `moment`."""
    ours = sign(path, keys, **overrides)
    moment = overrides.get("moment", MOMENT)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: moment)
    host = dict(ours.headers)["host"]
    url = f"http://{host}{path}" + (f"?{ours.query}" if ours.query else "")
    request = AWSRequest(ours.method, url, headers=dict(headers), data=ours.body)
    botocore.auth.SigV4Auth(
        BotocoreCredentials(keys.access_key, keys.secret_key, keys.session_token),
        overrides.get("service", "execute-api"),
        overrides.get("region", "eu-west-1"),
    ).add_auth(request)
    sent = [("host", host), *((name.lower(), value) for name, value in request.headers.items())]
    return ours._replace(headers=tuple(sent))


def check(request, *, keys=KEYS, moment=MOMENT, **options):
    return verify(
        request, secret_of={keys.access_key: keys.secret_key}.get, moment=moment, **options
    )


def changed(request, **headers):
    """The request with some headers replaced, or taken away where the value is `None`."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = [(name, names.pop(name, value)) for name, value in request.headers]
    pairs = [*kept, *names.items()]
    return request._replace(
        headers=tuple((name, value) for name, value in pairs if value is not None)
    )
