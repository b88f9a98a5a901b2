"""A command for a person at a terminal: `websocket connect` opens a socket and talks over it."""

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from shutil import get_terminal_size
from types import FrameType
from typing import Any, Final

from botocore.exceptions import BotoCoreError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, close_old_connections

from ...conf import uses_local_gateway
from ...core.errors import WebSocketsError
from ...models import ApiGateway
from ..subcommands import LaidOutHelp, add_django_options
from ..terminal.client import Client
from ..terminal.dialler import Dialler, RefusedError
from ..terminal.json_texts import explain_unsendable
from ..terminal.lines import HELP, Problem, read_line
from ..terminal.places import Position, is_position
from ..terminal.plan import Plan
from ..terminal.screen import Screen, UnwritableError
from ..visit.apis import find_apis, read_site
from ..visit.cookies import explain_withheld_cookie
from ..visit.sockets import INSTALL, LibraryMissingError

_USAGE: Final = 2
_INTERRUPTED: Final = 130
"""Exit code of a program that Ctrl-C has ended, as shells have it."""

_DEFAULT_WAIT_SECONDS: Final = 5.0

_ABOUT: Final = """\
Opens a socket as a page of the site does: with its Origin, the cookies of a login, and a fresh
token where the view wants one. Each line that is typed is sent, each frame is shown (> sent,
< received). With standard input from a file or a pipe, with --wait or with --count it ends by
itself. Ends with 0, with 1 when the connect was refused, the socket was lost, or frames of --count
did not come, and with 2 when it was mistyped. A script ends with 1, too, when a frame with an id
got no reply within --wait, or when a line could not be sent."""

_EXAMPLES: Final = f"""\
What can be typed:
{HELP}

For scripts:
  manage.py websocket connect --send '{{"action": "shout", "id": "1"}}' --json
  manage.py websocket connect --channel room-7 --count 1 --wait 30
"""


class Command(BaseCommand):
    """The client for the terminal."""

    help = "A client of this project's WebSockets for the terminal. `websocket connect --help`."
    # A person may want to see how a socket fails.
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own attribute.

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `connect`, and its options."""
        subcommands = parser.add_subparsers(
            title="subcommands", metavar="SUBCOMMAND", dest="subcommand", required=True
        )
        connect = subcommands.add_parser(
            "connect",
            help="open a socket, send what is typed, and show what comes",
            description=_ABOUT,
            epilog=_EXAMPLES,
            formatter_class=LaidOutHelp,
        )
        add_django_options(connect)
        _add_options(connect)

    def handle(self, *args: Any, **options: Any) -> None:
        """Connect, and end with what came of it."""
        _refuse_what_is_no_text(options)
        if getattr(self.stdout, "_out", None) is None:
            raise CommandError("Standard output is closed, so that nothing could be shown.")
        screen = Screen(
            out=self.stdout,
            errors=self.stderr,
            style=self.style,
            is_json=options["json"],
            now=lambda: datetime.now().astimezone(),
            width=get_terminal_size().columns if self.stdout.isatty() else None,
        )
        plan = _read_plan(options)
        dialler = _make_dialler(options)
        try:
            with _interruptible(), dialler.cleaning:
                is_well = _talk(dialler, screen, plan, options["user"])
        except BrokenPipeError:
            # Nobody reads any more, as behind `| head`.
            _give_up_output()
            sys.exit(1)
        except UnwritableError as error:
            _give_up_output()
            raise CommandError(f"Standard output cannot be written: {error}.") from error
        except KeyboardInterrupt:
            self.stderr.write("Interrupted. A login that is left behind ends by itself.")
            sys.exit(_INTERRUPTED)
        except DatabaseError as error:
            raise CommandError(f"The database fails: {error}") from error
        if not is_well:
            sys.exit(1)


def _add_options(parser: CommandParser) -> None:
    add = parser.add_argument
    add("--api", default="", metavar="NAME", help="name or primary key, where there are several")
    add("--user", default="", metavar="NAME", help="connect as this user, logged in for this visit")
    add("--site", default="", metavar="URL", help="where the pages are, if not where API Gateway "
        "calls Django, such as https://www.example.com")  # fmt: skip
    add("--header", action="append", default=[], metavar="'NAME: VALUE'", help="further header of "
        "the handshake, or one in place of the browser's; may be repeated")  # fmt: skip
    add("--channel", action="append", default=[], metavar="NAME", help="subscribe to this channel; "
        "may be repeated")  # fmt: skip
    add("--from", dest="position", default="", metavar="POSITION", help="go on from this position "
        """of the one --channel, such as '["8d1f", 41, "c3a9"]'""")  # fmt: skip
    add("--send", action="append", default=[], metavar="JSON", help="send this first, or what else "
        "can be typed; may be repeated")  # fmt: skip
    add("--wait", type=float, metavar="SECONDS", help="end so long after the last frame that was "
        f"sent (in a script: {_DEFAULT_WAIT_SECONDS:g}, or when every reply is there)")  # fmt: skip
    add("--count", type=int, metavar="N", help="end after N frames; the hello's reply is not "
        "counted")  # fmt: skip
    add("--reconnect", action="store_true", help="come back as a page does, "
        "and say what was missed")  # fmt: skip
    add("--json", action="store_true", help="print one JSON object a line, for programs")


def _talk(dialler: Dialler, screen: Screen, plan: Plan, username: str) -> bool:
    """Run the client; tell whether it ended as it was to."""
    client = Client(dialler, screen, plan)
    try:
        dialler.log_in(username)
        if username and (withheld := explain_withheld_cookie(dialler.origin, dialler.url)):
            screen.tell(
                "problem",
                f"A browser could not do this: {withheld.reason}. {withheld.remedy}",
            )
        return client.run(_descriptor_of_input())
    except LibraryMissingError as error:
        raise CommandError(f"The library websockets is not installed. {INSTALL}") from error
    except RefusedError as refused:
        screen.tell("refused", str(refused), status=refused.status)
        return False
    except KeyboardInterrupt:
        if not client.has_been_open:
            sys.exit(_INTERRUPTED)
        return True
    finally:
        client.close()
        # Hours may have passed, in which a database closes what is idle.
        close_old_connections()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let the signals by which processes are ended be like Ctrl-C, so that the login ends, too."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), _interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _make_dialler(options: dict[str, Any]) -> Dialler:
    headers = dict(_read_header(text) for text in options["header"])
    site = read_site(options["site"])
    api = _find_api(options["api"])
    try:
        return Dialler(api, site=site, headers=headers)
    except (WebSocketsError, BotoCoreError) as error:
        raise CommandError(f"{error} `python manage.py doctor` says more.") from error


def _find_api(wanted: str) -> ApiGateway:
    apis = find_apis(wanted)
    if not apis:
        how = "start `python manage.py runserver`, which makes one for each routed WebSocketView"
        if not uses_local_gateway():
            how = (
                'create one in the admin; or, to work without AWS, set WEBSOCKETS = {"local_gateway'
                '": True} and start `python manage.py runserver`'
            )
        raise CommandError(f"There is no API to connect to: {how}.")
    if len(apis) > 1:
        names = ", ".join(api.api_name for api in apis[:20])
        raise CommandError(f"There are several APIs: say which with --api ({names}).", returncode=2)
    if not apis[0].websocket_url():
        raise CommandError(
            f"{apis[0].api_name} has no address yet: `python manage.py doctor` says what to do."
        )
    return apis[0]


def _read_plan(options: dict[str, Any]) -> Plan:
    wait, count = options["wait"], options["count"]
    if wait is not None and not 0 <= wait < float("inf"):
        raise CommandError("--wait must be 0 or more seconds.", returncode=_USAGE)
    if count is not None and count < 1:
        raise CommandError("--count must be 1 or more.", returncode=_USAGE)
    lines = [read_line(text) for text in options["send"]]
    for text, line in zip(options["send"], lines, strict=True):
        if line is None or isinstance(line, Problem):
            said = line.text if isinstance(line, Problem) else "Nothing was typed."
            raise CommandError(f"--send {text!r}: {said}", returncode=_USAGE)
    is_terminal = _has_input() and os.isatty(_descriptor_of_input())
    is_limited = wait is not None or count is not None
    return Plan(
        channels=_read_channels(options),
        sends=[line for line in lines if line is not None],
        reads_input=_has_input() and not (is_terminal and is_limited),
        is_script=not is_terminal or is_limited,
        wait_seconds=_DEFAULT_WAIT_SECONDS if wait is None else wait,
        is_wait_given=wait is not None,
        count=count,
        comes_back=options["reconnect"],
    )


def _refuse_what_is_no_text(options: dict[str, Any]) -> None:
    """Refuse bytes of the command line that are no UTF-8, which Python keeps as surrogates."""
    for name, value in options.items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and (reason := explain_unsendable(text)):
                option = "from" if name == "position" else name
                raise CommandError(f"--{option} {text!r}: {reason}.", returncode=_USAGE)


def _read_channels(options: dict[str, Any]) -> dict[str, Position]:
    channels: dict[str, Position] = dict.fromkeys(options["channel"])
    if not options["position"]:
        return channels
    try:
        position = json.loads(options["position"])
    except ValueError:
        position = None
    if len(channels) != 1 or not is_position(position):
        raise CommandError(
            """--from goes with one --channel, and is a position such as '["8d1f", 41, "c3a9"]', """
            "which a frame of a channel with history has.",
            returncode=_USAGE,
        )
    return dict.fromkeys(channels, position)


def _read_header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not text.isprintable():
        raise CommandError("--header must be like 'X-Name: value'.", returncode=_USAGE)
    return name.strip(), value.strip()


def _give_up_output() -> None:
    """Keep Python from writing at its end what could not be written before, and from failing."""
    with suppress(AttributeError, OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _has_input() -> bool:
    try:
        os.fstat(_descriptor_of_input())
    except OSError:
        return False
    return True


def _descriptor_of_input() -> int:
    """Return the number of standard input's file; -1 where it is closed, or no file at all."""
    try:
        return -1 if sys.stdin is None else sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return -1
