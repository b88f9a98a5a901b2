"""Databases of released versions, built by those versions, work on with ours."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

RELEASES = ["2.2.2", "3.0.1", "4.0.0", "4.1.0"]
BETWEEN = RELEASES[1:-1]
"""Their migrations are a part of the later ones': SQLite is enough."""

SCRIPTS = Path(__file__).parent / "takeover"
ROOT = Path(__file__).parents[2]
SECONDS = 120.0

pytestmark = pytest.mark.database


@pytest.fixture(scope="session", params=RELEASES)
def release(request, tmp_path_factory) -> tuple[str, Path]:
    """A released version, installed into a folder of its own."""
    if request.param in BETWEEN and connection.vendor != "sqlite":
        pytest.skip("The first and the last release are enough for each server.")
    folder = tmp_path_factory.mktemp("release")
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps"),
            *("--python", sys.executable, "--target", str(folder)),
            f"django-aws-api-gateway-websockets=={request.param}",
        ],
        check=True,
        timeout=SECONDS,
    )
    return request.param, folder


@pytest.fixture
def database(db, tmp_path):
    """An empty database on the server of this run; gives its name."""
    name = f"takeover_{uuid.uuid4().hex[:12]}"
    if connection.vendor == "sqlite":
        yield str(tmp_path / f"{name}.sqlite3")
        return
    sql("CREATE DATABASE " + name)
    yield name
    sql("DROP DATABASE " + name)


def sql(statement: str) -> None:
    """Run a statement outside of any transaction and of the test's own database."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)


def run(script: str, database: str, path: list[Path], *arguments: str) -> str:
    environment = {
        **os.environ,
        "DATABASE": os.environ.get("DATABASE", "sqlite"),
        "DATABASE_NAME": database,
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
        "PYTHONPATH": os.pathsep.join(map(str, [*path, ROOT])),
    }
    finished = subprocess.run(
        [sys.executable, str(SCRIPTS / script), *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


def test_a_database_of_a_release_is_taken_over_with_every_row(release, database):
    version, folder = release
    since_3, since_41 = version >= "3", version >= "4.1"

    session_key = run("released.py", database, [folder])
    found = json.loads(run("ours.py", database, [ROOT / "src"], session_key, version))

    assert found["rows"] == {
        "ApiGateway": 1,
        "ApiGatewayAdditionalRoute": 1,
        "WebSocketSession": 1,
        # Tokens from before 4.1 held session keys in clear and live for a minute: they are dropped.
        "WebSocketToken": int(since_41),
        "ConnectionRateLimit": int(since_3),
        "ChannelPermission": int(since_41),
        "ChannelPermissionRule": int(since_41),
    }
    assert found["gateway"] == ["Taken over", {"team": "chat"}, "deployed"]
    assert found["route"] == "extra"
    assert found["message"] == [200, '{"handler": "shout", "user": "ada"}']
    assert found["count"] == 42
    assert found["token_user"] == ("ada" if since_41 else None)
    assert found["rule"] == ("auth.view_user" if since_41 else None)


@pytest.mark.parametrize("migration", ["0007", "0010"])
def test_a_database_of_an_earlier_version_gets_channels_and_keeps_its_own(migration, database):
    found = json.loads(run("landed.py", database, [ROOT / "src"], migration))

    assert found == {
        "by column": 2,
        "in news": 2,
        "in sport": 1,
        "gateway": ["Earlier", False],
        "moved": 2,
    }
