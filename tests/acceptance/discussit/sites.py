"""DiscussIt as it is operated: on the package, and on Django Channels.

Both keep their data in a database of PostgreSQL that is made for them, and dropped in the end.
"""

import os
import secrets
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from tests.acceptance.chat_room.process import connect_within, free_port

EXAMPLES = Path(__file__).parents[3] / "examples"
SECONDS = 60.0
SERVER = {
    "host": os.environ.get("PGHOST", "127.0.0.1"),
    "port": os.environ.get("PGPORT", "5432"),
    "user": os.environ.get("PGUSER", "postgres"),
    "password": os.environ.get("PGPASSWORD", ""),
}


@dataclass
class Site:
    """A running DiscussIt, and a look into its database."""

    name: str
    port: int
    database: str
    differences: tuple[str, ...] = ()
    """The differences of this version; a table in its README gives the reasons."""
    project: Path = EXAMPLES
    environment: dict[str, str] = field(default_factory=dict)
    groups: int = field(default=0)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, script: str) -> None:
        """Run a script in the project, beside the workers."""
        run_in(self.project, self.environment, script)

    def execute(self, statement: str, *values: object) -> list[tuple]:
        with psycopg.connect(**SERVER, dbname=self.database, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def add_group(self, name: str = "", *members: str) -> str:
        """Make a group of its own for a test; return its UUID."""
        self.groups += 1
        group = str(uuid.uuid4())
        self.execute(
            "INSERT INTO chat_group (uuid, name) VALUES (%s, %s)",
            group,
            name or f"Group {self.groups}",
        )
        for member in members:
            self.execute(
                "INSERT INTO chat_group_members (group_id, user_id) SELECT g.id, u.id "
                "FROM chat_group g, auth_user u WHERE g.uuid = %s AND u.username = %s",
                group,
                member,
            )
        return group

    def add_user(self, name: str) -> None:
        """Make a user of any name with the password that all have."""
        self.execute(
            "INSERT INTO auth_user (username, password, first_name, last_name, email, is_staff, "
            "is_active, is_superuser, date_joined) SELECT %s, password, '', '', '', false, true, "
            "false, now() FROM auth_user WHERE username = 'ada'",
            name,
        )

    def messages(self, group: str) -> list[tuple[str, str]]:
        """Return author and text of each message, in the order in which they were stored."""
        return self.execute(
            "SELECT u.username, m.content FROM chat_message m JOIN auth_user u ON u.id = "
            "m.author_id JOIN chat_group g ON g.id = m.group_id WHERE g.uuid = %s ORDER BY m.id",
            group,
        )

    def events(self, group: str) -> list[tuple[str, str]]:
        """Return the type and text of each event."""
        return self.execute(
            "SELECT e.type, e.description FROM chat_event e JOIN chat_group g "
            "ON g.id = e.group_id WHERE g.uuid = %s ORDER BY e.id",
            group,
        )


@contextmanager
def on_the_package(folder: Path) -> Iterator[Site]:
    """Plain WSGI workers, with the local gateway beside them."""
    port, gateway_port = free_port(), free_port()
    project = EXAMPLES / "discussit"
    with database() as name, ExitStack() as stack:
        environment = make_environment(folder, name) | {"GATEWAY_PORT": str(gateway_port)}
        prepare(project, environment)
        gunicorn = ["-m", "gunicorn", "--workers", "4", "--worker-class", "sync"]
        bind = ["--bind", f"127.0.0.1:{port}", "--log-level", "warning", "discussit.wsgi"]
        gateway = ["manage.py", "runwebsocketgateway", "--backend", f"http://127.0.0.1:{port}"]
        stack.enter_context(running([*gunicorn, *bind], project, environment, port))
        stack.enter_context(running(gateway, project, environment, gateway_port))
        yield Site("package", port, name, project=project, environment=environment)


@contextmanager
def on_channels(folder: Path) -> Iterator[Site]:
    """daphne, with Redis behind it."""
    port = free_port()
    project = EXAMPLES / "channels_discussit"
    with database() as name:
        environment = make_environment(folder, name)
        prepare(project, environment)
        daphne = ["-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port)]
        command = [*daphne, "channels_discussit.asgi:application"]
        with running(command, project, environment, port):
            yield Site("channels", port, name, ("logout",), project, environment)


def make_environment(folder: Path, database: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "DJANGO" not in name}
    own = {"DATABASE": "postgresql", "DATABASE_NAME": database, "DISCUSSIT_VAR": str(folder)}
    return kept | own


def prepare(project: Path, environment: dict[str, str]) -> None:
    run_in(project, environment, "from chat.demo import prepare; prepare()")


def run_in(project: Path, environment: dict[str, str], script: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", script],
        cwd=project,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=SECONDS,
    )


@contextmanager
def database() -> Iterator[str]:
    name = f"discussit_{secrets.token_hex(4)}"
    administer("CREATE DATABASE {}", name)
    try:
        yield name
    finally:
        administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def administer(statement: str, name: str) -> None:
    with psycopg.connect(**SERVER, dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


@contextmanager
def running(
    command: list[str], folder: Path, environment: dict[str, str], port: int
) -> Iterator[subprocess.Popen]:
    """A process that listens on a port, and ends when it is told to."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        connect_within(port, SECONDS)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(SECONDS)
        finally:
            process.kill()
