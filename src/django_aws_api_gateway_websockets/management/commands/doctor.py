"""A command that follows one message all the way round, and names the first broken hop."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.text import capfirst

from ...core.errors import WebSocketsError
from ...models import ApiGateway
from ..doctor.case import Case, Options
from ..doctor.discretion import Discretion
from ..doctor.finding import Sign
from ..doctor.hop import PROMPT_SECONDS, Hop
from ..doctor.hops import HOPS, UnknownHopError, select_hops
from ..doctor.report import as_json, as_lines, sum_up
from ..doctor.round import Result, Round
from ..visit.apis import find_apis, read_site

_INTERRUPTED = 130
"""Exit code of a program that Ctrl-C has ended, as shells have it."""


class Command(BaseCommand):
    """The way of a message, hop by hop."""

    help = (
        "Follows one message all the way round: settings, database, AWS or the local gateway, "
        "proxies, Django, and back to the socket. Stops at the first broken hop, and says what to "
        "do. Opens a socket of its own and leaves nothing behind. Ends with 0 when nothing is "
        "broken, warnings included, and with 1 when a hop is broken or its check has crashed. "
        "Nothing secret is printed."
    )
    # A hop of its own runs them.
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own attribute.

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the hops by name, and what the doctor cannot know by itself."""
        parser.add_argument(
            "hops", nargs="*", metavar="HOP", help="look at these, and at what they need"
        )
        parser.add_argument("--list", action="store_true", help="name all hops and end")
        parser.add_argument("--json", action="store_true", help="print JSON, for programs")
        parser.add_argument(
            "--api", default="", metavar="NAME", help="one API, by name or primary key; else each"
        )
        parser.add_argument(
            "--user", default="", metavar="NAME", help="user to connect as, for views that want one"
        )
        parser.add_argument(
            "--site",
            default="",
            metavar="URL",
            help="where the pages are, if not where API "
            "Gateway calls Django, such as https://www.example.com",
        )
        parser.add_argument("--channel", default="", metavar="NAME", help="channel to connect to")
        parser.add_argument(
            "--message",
            default="",
            metavar="JSON",
            help="message of yours to send as well, such "
            """as '{"action": "shout", "text": "hello"}'; its handler does what it does""",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at the hops, and end with what was found."""
        if options["list"]:
            self._list()
            return
        try:
            hops = select_hops(options["hops"])
        except UnknownHopError as error:
            raise CommandError(str(error)) from None
        wishes = _read_options(options)
        examination = _Examination(self, hops, wishes, is_json=options["json"])
        try:
            is_well = examination.run(options["api"])
        except KeyboardInterrupt:
            sys.exit(_INTERRUPTED)
        if not is_well:
            sys.exit(1)

    def _list(self) -> None:
        for hop in HOPS:
            slow = f" (up to {hop.most_seconds:g} s)" if hop.most_seconds > PROMPT_SECONDS else ""
            self.stdout.write(f"{hop.name:<14} {hop.about}{slow}")


class _Examination:
    """One run of the command: the project, then each API in its turn."""

    def __init__(
        self, command: Command, hops: list[Hop], wishes: Options, *, is_json: bool
    ) -> None:
        self._command = command
        self._shared = [hop for hop in hops if hop.is_shared]
        self._own = [hop for hop in hops if not hop.is_shared]
        self._wishes = wishes
        self._is_json = is_json
        self._discretion = Discretion()
        self._documents: list[dict[str, Any]] = []

    def run(self, wanted: str) -> bool:
        """Look at everything; tell whether nothing is broken."""
        shared = Round(self._announce)
        begun = self._look(self._shared, shared, Case(self._wishes))
        is_well = _is_well(begun)
        if shared.is_stopped or not self._own:
            self._conclude("", begun, left=self._hops_behind(begun))
        else:
            for api in find_apis(wanted):
                is_well &= self._examine(api, begun, shared)
        if self._is_json:
            document = {"well": is_well, "examined": self._documents}
            self._command.stdout.write(json.dumps(document, indent=2, ensure_ascii=False))
        return is_well

    def _examine(self, api: ApiGateway, begun: list[Result], shared: Round) -> bool:
        case = Case(self._wishes, api)
        self._say(f"\n{_title(case)}")
        with self._cleaned(case):
            results = self._look(self._own, Round(self._announce, dict(shared.findings)), case)
        every = [*begun, *results]
        self._conclude(api.api_name, every, left=self._hops_behind(every))
        return _is_well(results)

    @contextmanager
    def _cleaned(self, case: Case) -> Iterator[None]:
        """Undo in the end what the hops have done, also after Ctrl-C."""
        try:
            with case.cleaning:
                yield
        except DatabaseError:
            self._command.stderr.write(
                "Not all rows of this visit could be deleted: `manage.py clearWebSocketSessions "
                "--stale-hours` and `clearsessions` delete them later."
            )

    def _look(self, hops: list[Hop], round_: Round, case: Case) -> list[Result]:
        results = []
        for result in round_.go(hops, case):
            self._discretion.add(case.visitor.secrets)
            results.append(result)
            self._show(result)
        return results

    def _hops_behind(self, results: list[Result]) -> int:
        return len(self._shared) + len(self._own) - len(results)

    def _announce(self, hop: Hop) -> None:
        # Not part of what is pasted, or read by a program.
        line = f"... {hop.name}: up to {hop.most_seconds:g} s"
        self._command.stderr.write(line, self._command.style.NOTICE)
        self._command.stderr.flush()

    def _show(self, result: Result) -> None:
        encoding = getattr(self._command.stdout, "encoding", None) or "utf-8"
        for line in as_lines(result, encoding=encoding):
            self._say(line)

    def _conclude(self, name: str, results: list[Result], *, left: int) -> None:
        sentence = sum_up(name, results, left=left)
        self._say(f"\n{capfirst(sentence)}" if not name else f"\n{sentence}")
        shown = [as_json(one, self._discretion.hide) for one in results]
        self._documents.append(
            {"api": name, "sentence": self._discretion.hide(sentence), "hops": shown}
        )

    def _say(self, line: str) -> None:
        if not self._is_json:
            self._command.stdout.write(self._discretion.hide(line))
            self._command.stdout.flush()


def _title(case: Case) -> str:
    try:
        return f"{case.api.api_name} ({case.socket_url})" if case.api.api_id else case.api.api_name
    except (WebSocketsError, BotoCoreError):
        # Without a region; a hop of its own tells of it.
        return case.api.api_name


def _is_well(results: list[Result]) -> bool:
    return not any(one.finding.sign in {Sign.BROKEN, Sign.CRASHED} for one in results)


def _read_options(options: dict[str, Any]) -> Options:
    message = None
    if text := options["message"]:
        try:
            message = json.loads(text)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise CommandError('--message must be a JSON object, such as \'{"action": "shout"}\'.')
    site = read_site(str(options["site"]))
    return Options(username=options["user"], site=site, channel=options["channel"], message=message)
