"""A site, the gateway and an API between them, as tests of the whole way use them."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

import boto3
from django.test import Client
from websockets.sync.client import ClientConnection, connect

from django_aws_api_gateway_websockets.models import ApiGateway
from tests.waiting import SECONDS


@dataclass
class Stack:
    """A running site with its API in the gateway."""

    site: str
    gateway: ApiGateway
    endpoint: str

    def connect(self, *, cookie: str = "theme=dark", **query: str) -> ClientConnection:
        """Open a socket as a page of the site would."""
        return connect(
            f"{self.gateway.websocket_url()}?{urlencode(query)}",
            origin=self.site,
            additional_headers={"Cookie": cookie},
            open_timeout=SECONDS,
            close_timeout=SECONDS,
        )

    @property
    def management(self):
        """boto3's client for `@connections`, as a script would make it."""
        return boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )


def make_stack(live_server, path: str, **values: object) -> Stack:
    gateway = ApiGateway.objects.create(
        api_name=f"Live {path.strip('/')}",
        target_base_endpoint=f"{live_server.url}{path}",
        **values,
    )
    gateway.create_gateway()
    endpoint = gateway.websocket_url().replace("ws://", "http://")
    return Stack(live_server.url, gateway, endpoint)


def ask(socket: ClientConnection, **message: object) -> None:
    socket.send(json.dumps(message))


def answer(socket: ClientConnection) -> dict:
    return json.loads(socket.recv(timeout=SECONDS))


def cookie_of(browser: Client) -> str:
    return f"sessionid={browser.session.session_key}"
