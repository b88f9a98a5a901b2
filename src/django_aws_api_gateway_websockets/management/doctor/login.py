"""Hops of whoever connects: a login for the time of the visit, and a token."""

from typing import Final

from django.conf import settings

from ...receiving.page_options import find_token_url
from ...receiving.signed_probe import ProbeReport
from ..visit.tokens import ask_for_token, delete_token, find_user, make_token, read_token
from ..visit.visitor import keeps_sessions_to_itself
from .backend import HANDSHAKE_SECONDS, send_probe
from .case import Case
from .finding import Finding, broken, not_needed, warning, well
from .hop import Hop

__all__ = ["HOPS"]

_NEEDS_USER: Final = "the view admits users who are logged in: --user NAME goes further"

_TOKEN_SECONDS: Final = 10.0


def look_at_login(case: Case) -> Finding:
    """Log the user in for this visit, and see whether Django knows the login."""
    if not case.options.username:
        return _stay_anonymous(case)
    user = find_user(case.options.username)
    if user is None or not user.is_active:
        state = "is not active" if user is not None else "does not exist"
        return broken(
            f"The user of --user {state}.",
            "Give the name of a user who may log in.",
        )
    case.take_time()
    _begin_session(case, user)
    report = ProbeReport.read(send_probe(case).body)
    if report is not None and report.has_user:
        return well("Django knows the login that the doctor has made for this visit.")
    if keeps_sessions_to_itself():
        return warning(
            "Sessions are kept in the memory of one process, so nobody but that process can log "
            "in: skipped.",
            "Keep them in the database or in a cache that processes share; with more than one "
            "worker, real logins get lost as well.",
            stops="nobody is logged in",
        )
    return broken(
        "Django does not know a login that this project's settings have made.",
        "Let MIDDLEWARE have SessionMiddleware and AuthenticationMiddleware, and the server the "
        "same SECRET_KEY, SESSION_ENGINE, SESSION_COOKIE_NAME and database as the doctor.",
    )


def look_at_token(case: Case) -> Finding:
    """Get a one-time token, as a page does."""
    if case.report is not None and not case.report.wants_token:
        return not_needed("the view wants no token")
    case.take_time()
    path = find_token_url(case.api.api_id)
    if path is None:
        case.visitor.token = _make_token(case)
        return warning(
            "The view wants a token, and no WebSocketTokenView is routed where pages could get "
            "one.",
            "Add path('api/ws-token/', WebSocketTokenView.as_view()) to the URLs, unless a view of "
            "yours gives tokens.",
        )
    try:
        response = ask_for_token(case.visitor, f"{case.site}{path}", seconds=_TOKEN_SECONDS / 2)
    except OSError:
        case.visitor.token = _make_token(case)
        return warning(
            f"Nobody can connect to {case.site} from here, so the doctor has made a token itself.",
            "Give the address of the pages with --site, if it is another one.",
        )
    if response.location:
        case.visitor.token = _make_token(case)
        return warning(
            f"{case.site}{path} sends the doctor's login on to {response.location}, so the doctor "
            "has made a token itself.",
            "Nothing, if your site wants more of a login than a password, such as a second factor.",
        )
    token = read_token(response)
    if not token:
        return _explain_refused_token(case, path, response.status, response.text)
    _delete_token_later(case, token)
    case.visitor.token = token
    return well(f"The page's token came from {path}.")


def _stay_anonymous(case: Case) -> Finding:
    if case.demands_login:
        return warning(
            "Skipped: the view admits only users who are logged in.",
            "Give one with --user NAME, and the doctor goes all the way round.",
            stops=_NEEDS_USER,
        )
    if any("SessionMiddleware" in name for name in settings.MIDDLEWARE):
        # By its session the doctor finds the row of its own socket.
        _begin_session(case, None)
    return not_needed("the view admits everybody, and the doctor comes as nobody")


def _begin_session(case: Case, user: object) -> None:
    case.cleaning.callback(case.visitor.forget)
    case.visitor.begin_session(user)


def _make_token(case: Case) -> str:
    made = make_token(case.visitor)
    _delete_token_later(case, made)
    return made


def _delete_token_later(case: Case, token: str) -> None:
    case.cleaning.callback(delete_token, token)


def _explain_refused_token(case: Case, path: str, status: int, text: str) -> Finding:
    place = f"{case.site}{path}"
    if "Rate limit exceeded" in text:
        return broken(
            "The user has had all tokens of a minute.",
            'Wait for a minute, or raise WEBSOCKETS["token_rate_limit_per_minute"].',
        )
    if "CSRF" in text:
        return broken(
            f"Django's protection against CSRF refuses the page's request to {place}.",
            f"Add {case.site!r} to CSRF_TRUSTED_ORIGINS, and let the proxy before Django keep the "
            "Host and say X-Forwarded-Proto, with SECURE_PROXY_SSL_HEADER.",
        )
    return broken(
        f"Pages get no token at {place}: the response is {status}.",
        "Look at that URL with the browser's tools; --site says where the pages are.",
    )


HOPS: Final = (
    Hop(
        name="login",
        about="Django knows the login of the user given with --user",
        look=look_at_login,
        needs=("reachability", "cookies"),
        most_seconds=HANDSHAKE_SECONDS,
    ),
    Hop(
        name="token",
        about="a page of the site gets a token, where the view wants one",
        look=look_at_token,
        needs=("login",),
        most_seconds=_TOKEN_SECONDS,
    ),
)
