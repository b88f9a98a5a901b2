"""Requests as API Gateway sends them to a Django view behind a proxy."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

API_ID = "a1b2c3d4e5"
CONNECTION_ID = "L0SM9cOFvHcCIhw="

COMMON_HEADERS = {
    "Host": "www.example.com",
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "443",
    "X-Real-Ip": "203.0.113.7",
    "X-Amzn-Trace-Id": "Root=1-66f3a1b2-0123456789abcdef01234567",
    "User-Agent": "Mozilla/5.0",
    "X-Amzn-Apigateway-Api-Id": API_ID,
    "Connectionid": CONNECTION_ID,
}

HANDSHAKE_HEADERS = {
    "Origin": "https://www.example.com",
    "Sec-Websocket-Extensions": "permessage-deflate",
    "Sec-Websocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-Websocket-Version": "13",
}


def without(headers: dict[str, str], *names: str) -> dict[str, str]:
    """The headers but these."""
    return {name: value for name, value in headers.items() if name not in names}


def connect(
    client: Client, path: str = "/ws/connect", query: str = "", **headers: str
) -> HttpResponse:
    """Post a `$connect` event; a cookie always comes along, as browsers send one."""
    client.cookies["theme"] = "dark"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(
        f"{path}{query}",
        data=b"",
        content_type="application/json",
        headers={**COMMON_HEADERS, **HANDSHAKE_HEADERS, **named},
    )


def message(client: Client, data: Any, path: str = "/ws/default", **headers: str) -> HttpResponse:
    """Post a message; bytes go as they are, anything else as JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(
        path,
        data=data if isinstance(data, bytes) else json.dumps(data),
        content_type="application/json",
        headers={**COMMON_HEADERS, **named},
    )


def disconnect(client: Client, path: str = "/ws/disconnect", **headers: str) -> HttpResponse:
    """Post a `$disconnect` event."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(
        path, data=b"", content_type="application/json", headers={**COMMON_HEADERS, **named}
    )
