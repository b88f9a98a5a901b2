"""Commands typed in a project in which something is not as it should be."""

import os
import socket
from collections.abc import Callable

from tests.management.new_project import NewProject
from tests.management.processes import Command


def start_on_a_taken_port(project: NewProject) -> Command:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = project.manage("runserver", "--noreload", str(taken.getsockname()[1]))
        refused.ended()
    return refused


def start_beside_something_else(project: NewProject) -> Command:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = project.manage("runserver", "--noreload", "{port}", GATEWAY_PORT=port)
        refused.ended()
    return refused


def start_beside_another_project(project: NewProject) -> Command:
    other = NewProject(project.folder.parent / "other").migrate()
    try:
        first = other.manage("runserver", "--noreload", "{port}")
        assert first.says("is served at")
        port = str(first.gateway_port)
        refused = project.manage("runserver", "--noreload", "{port}", GATEWAY_PORT=port)
        refused.ended()
    finally:
        other.stop()
    return refused


def start_without_tables(project: NewProject) -> Command:
    (project.folder / "db.sqlite3").unlink()
    return project.manage("runserver", "--noreload", "{port}")


def check(*urls: str, settings: str = "") -> Callable[[NewProject], Command]:
    """Run `manage.py check` with these URLs, or with more settings."""

    def run(project: NewProject) -> Command:
        project.write(settings=settings)
        if urls:
            project.route(*urls)
        return project.manage("check")

    return run


def start_with_a_record(*urls: str) -> Callable[[NewProject], Command]:
    """Start a project in which somebody has made a record by hand."""

    def run(project: NewProject) -> Command:
        code = (
            "from django_aws_api_gateway_websockets.models import ApiGateway\n"
            "ApiGateway.objects.create(api_name='Shop', target_base_endpoint='https://a.example/ws/')"
        )
        assert project.manage("shell", "-c", code).ended() == 0
        project.route(*urls)
        return start()(project)

    return run


def start(address: str = "{port}", settings: str = "") -> Callable[[NewProject], Command]:
    """Start a project until it serves, and end it with Ctrl-C."""

    def run(project: NewProject) -> Command:
        project.write(settings=settings)
        started = project.manage("runserver", "--noreload", address)
        assert started.says("Quit the server"), started.said
        started.interrupt()
        return started

    return run


def shell(code: str, settings: str = "") -> Callable[[NewProject], Command]:
    def run(project: NewProject) -> Command:
        project.write(settings=settings)
        keys = {name: None for name in os.environ if name.startswith("AWS_")}
        nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        alone = {**keys, **nowhere, "AWS_EC2_METADATA_DISABLED": "true"}
        return project.manage("shell", "-c", f"{MODELS}\n{code}", **alone)

    return run


MODELS = """
from django.test import RequestFactory
from django_aws_api_gateway_websockets.models import *
gateway = ApiGateway.objects.create(
    api_name="Shop", api_id="shop", api_created=True, deployment_id="1",
    target_base_endpoint="https://www.example.com/ws")
session = WebSocketSession.objects.create(connection_id="abc=", api_gateway=gateway)
"""
ON_AWS = (
    'WEBSOCKETS = {"local_gateway_address": "127.0.0.1:9"}\nAWS_GATEWAY_REGION_NAME = "us-east-1"'
)
STATIC_FIRST = "INSTALLED_APPS.insert(0, INSTALLED_APPS.pop())"
