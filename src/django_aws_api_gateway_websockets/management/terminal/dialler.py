"""The dialler: it opens a socket as a page of the site does, each time with a token of its own."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.management.base import CommandError
from django.db import close_old_connections

from ...conf import uses_local_gateway
from ...core.errors import EndpointError
from ...core.quotas import MAX_INTEGRATION_TIMEOUT_MS
from ...models import ApiGateway
from ...receiving.event import TOKEN_PARAMETER
from ...receiving.page_options import (
    attribute_of,
    find_token_url,
    find_view_of_api,
    selection_key_of,
)
from ..visit.apis import origin_of_pages, socket_url_of
from ..visit.logged_reasons import find_logged_reason
from ..visit.reasons import find_reason
from ..visit.requests import BackendResponse
from ..visit.sockets import HandshakeRefusedError, open_socket
from ..visit.tokens import ask_for_token, delete_token, find_user, make_token, read_token
from ..visit.visitor import Visitor, keeps_sessions_to_itself

__all__ = ["Dialler", "RefusedError"]

USER_AGENT: Final = "Mozilla/5.0 (compatible; manage.py websocket connect)"

_HANDSHAKE_SECONDS: Final = MAX_INTEGRATION_TIMEOUT_MS / 1000 + 1
_TOKEN_SECONDS: Final = 10.0
_LONGEST_QUOTE: Final = 200
_NEXT_STEP: Final = "`python manage.py doctor` looks for the reason, hop by hop."


class RefusedError(Exception):
    """No socket could be opened; the text says why, and what to do.

    Args:
        text: in sentences.
        status: of the response that said no; 0 for none.
        is_final: True when another attempt would end in the same way.
    """

    def __init__(self, text: str, *, status: int = 0, is_final: bool = False) -> None:
        super().__init__(text)
        self.status = status
        self.is_final = is_final


class Dialler:
    """A browser of one user, or of nobody, at one API.

    Args:
        api: its record.
        site: address of the pages; "" for the one that API Gateway calls Django at.
        headers: of the handshake, besides those of a browser or in place of them.
    """

    def __init__(self, api: ApiGateway, *, site: str, headers: Mapping[str, str]) -> None:
        self.api = api
        self.cleaning = ExitStack()
        """Undoes in the end what has been done: the login, and tokens."""
        self.origin = origin_of_pages(api, site)
        self.url = socket_url_of(api, self.origin)
        """Address of the socket, without a token."""
        self._headers = dict(headers)
        self._visitor = Visitor()
        self._view = find_view_of_api(api)
        self._refused_token = ""

    @property
    def selection_key(self) -> str:
        """Member of a frame that names its handler."""
        return "action" if self._view is None else selection_key_of(self._view)

    def log_in(self, username: str) -> None:
        """Make a login of this user, which ends with `cleaning`.

        Raises:
            CommandError: there is no such user, or the view wants one and none was given.
        """
        if not username:
            if self._view and attribute_of(self._view, "USE_WS_TOKEN", unknown=False):
                name = self._view.view_class.__name__
                raise CommandError(
                    f"{name} admits users who are logged in: say who with --user NAME. "
                    "A login is made for this visit, and ended with it.",
                    returncode=2,
                )
            return
        user = find_user(username)
        if user is None or not user.is_active:
            state = "is not active" if user is not None else "does not exist"
            raise CommandError(f"The user of --user {state}.", returncode=2)
        if keeps_sessions_to_itself():
            raise CommandError(
                "Sessions are kept in the memory of one process, so nobody can log in from here: "
                "keep them in the database, or in a cache that processes share."
            )
        self.cleaning.callback(self._visitor.forget)
        self._visitor.begin_session(user)

    def dial(self) -> Any:
        """Open a socket.

        Raises:
            RefusedError: it could not be opened.
            LibraryMissingError: the library is not installed.
        """
        # Hours may lie between two attempts, in which a database closes what is idle.
        close_old_connections()
        token = self._token()
        self._refused_token = token
        headers = {"Origin": self.origin, "Cookie": self._visitor.cookie}
        given = {name.lower() for name in self._headers}
        ours = {name: value for name, value in headers.items() if name.lower() not in given}
        query = f"?{TOKEN_PARAMETER}={token}" if token else ""
        try:
            socket = open_socket(
                f"{self.url}{query}",
                {**ours, **self._headers},
                user_agent=USER_AGENT,
                seconds=_HANDSHAKE_SECONDS,
            )
        except HandshakeRefusedError as refused:
            raise self._explain(refused) from refused
        except OSError as error:
            raise RefusedError(self._explain_silence(error)) from error
        self._refused_token = ""
        return socket

    def _token(self) -> str:
        wants = not self._view or attribute_of(self._view, "USE_WS_TOKEN", unknown=True)
        if not wants or self._visitor.user is None:
            return ""
        path = find_token_url(self.api.api_id)
        if path is None:
            # Somewhere else, perhaps: in a view of the project's own.
            return self._keep(make_token(self._visitor))
        url = f"{self.origin}{path}"
        form = {"refused": self._refused_token} if self._refused_token else {}
        try:
            response = ask_for_token(self._visitor, url, seconds=_TOKEN_SECONDS / 2, form=form)
        except (OSError, EndpointError) as error:
            raise RefusedError(
                f"Nobody gives a token at {url}: {_words(error)}. Start Django, or give the "
                f"address of the pages with --site. {_NEXT_STEP}"
            ) from error
        if response.location:
            # The site wants more of a login than a password, such as a second factor.
            return self._keep(make_token(self._visitor))
        if token := read_token(response):
            return self._keep(token)
        raise self._explain_token(url, response)

    def _keep(self, token: str) -> str:
        self._visitor.token = token
        self.cleaning.callback(delete_token, token)
        return token

    def _explain_token(self, url: str, response: BackendResponse) -> RefusedError:
        said = f" ({response.text[:_LONGEST_QUOTE]})" if _is_sentence(response.text) else ""
        return RefusedError(
            f"{url} gives no token: the response is {response.status}{said}. {_NEXT_STEP}",
            status=response.status,
            is_final=response.text == "Authentication required",
        )

    def _explain(self, refused: HandshakeRefusedError) -> RefusedError:
        text = BackendResponse(refused.status, refused.body).text
        logged = find_logged_reason(self.url, refused.status)
        said = logged or (text[:_LONGEST_QUOTE] if _is_sentence(text) else "")
        lines = [f"Refused with {refused.status}{f': {said}' if said else ''}."]
        if reason := find_reason(text):
            lines.append(f"That means that {reason.text}. {reason.remedy}")
        lines.append(_NEXT_STEP)
        return RefusedError("\n".join(lines), status=refused.status)

    def _explain_silence(self, error: OSError) -> str:
        start = "Start `python manage.py runserver`, which brings the gateway up."
        look = start if uses_local_gateway() else "Look at the network, and at the record."
        place = urlsplit(self.url).netloc
        return f"Nobody can connect to {place}: {_words(error)}. {look}\n{_NEXT_STEP}"


def _words(error: OSError | EndpointError) -> str:
    if isinstance(error, EndpointError):
        return str(error).rstrip(".")
    if isinstance(error, TimeoutError):
        return "no answer came in time"
    return (error.strerror or str(error)).lower()


def _is_sentence(text: str) -> bool:
    return bool(text) and not text.startswith("<")
