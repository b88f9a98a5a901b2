"""Responses to a handshake that was not what it should be: who has refused it, why, what to do.

API Gateway's own responses have a JSON object with a message; all others are the integration's,
which API Gateway hands on with status and body.
"""

import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from ...conf import uses_local_gateway
from ..visit.requests import BackendResponse, post
from .case import Case
from .finding import Finding, broken
from .hop import PROMPT_SECONDS

__all__ = ["explain_backend", "explain_refusal", "words_for_sync"]

_LOG: Final = "Django's log, and the one of the local gateway, have the reason."
_ERRORS: Final = "docs/reference/errors.md#refused-connections"


def explain_refusal(case: Case, response: BackendResponse) -> Finding:
    """Explain a handshake that was refused, or opened where it should not have been."""
    message = _message_of_gateway(response)
    rules = _GATEWAY_RULES if message else _DJANGO_RULES
    for rule in rules:
        if rule.fits(response, message):
            return rule.explain(case, response)
    said = f" and said {response.text[:80]!r}" if response.text else ""
    return broken(f"The handshake was refused with {response.status}{said}.", _LOG, _ERRORS)


def explain_backend(case: Case, event: str) -> Finding | None:
    """Call the URL of an event directly, and say what is wrong with it; None for nothing."""
    url = case.integration_url(event)
    place = f"{url}, which API Gateway calls,"
    try:
        response = post(
            url, {"Content-Type": "application/json"}, body=b"{}", seconds=PROMPT_SECONDS / 2
        )
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason
        return broken(
            f"The certificate at {place} is not accepted: {reason}.",
            "Use a certificate of a public authority for that host: API Gateway trusts no other.",
        )
    except TimeoutError:
        return broken(
            f"Nobody responds at {place} in time.",
            "Look at Django, and at firewalls before it.",
        )
    except OSError as error:
        return _explain_silence(case, url, error)
    if response.location:
        return _explain_redirect(case, response)
    return None


def words_for_sync(case: Case) -> str:
    """Say how the integrations come to be as the settings want them."""
    if uses_local_gateway():
        return "Start `python manage.py runserver` again, which registers the API anew."
    return f"Run `python manage.py updateApiGatewayIntegrations --pk {case.api.pk}`."


@dataclass(frozen=True, slots=True)
class _Rule:
    """A kind of response, and its explanation."""

    fits: Callable[[BackendResponse, str], bool]
    explain: Callable[[Case, BackendResponse], Finding]


def _message_of_gateway(response: BackendResponse) -> str:
    try:
        values = json.loads(response.body)
    except (ValueError, RecursionError):
        return ""
    message = values.get("message") if isinstance(values, dict) else None
    return message if isinstance(message, str) else ""


def _explain_silence(case: Case, url: str, error: OSError) -> Finding:
    parts = urlsplit(url)
    place = f"{parts.scheme}://{parts.netloc}"
    reason = (error.strerror or str(error)).lower()
    if uses_local_gateway():
        port = parts.port or 80
        return broken(
            f"Nothing listens at {place}, where API Gateway calls Django: {reason}.",
            f"Start Django there: `python manage.py runserver {port}`.",
        )
    return broken(
        f"Nobody can connect to {place}, where API Gateway calls Django: {reason}.",
        "Start Django, and see that the host of target_base_endpoint has a public address.",
    )


def _explain_redirect(case: Case, response: BackendResponse) -> Finding:
    here, there = urlsplit(case.backend_url), urlsplit(response.location)
    if there.scheme == "https" and here.scheme == "http" and there.path.startswith(here.path):
        return broken(
            f"Django redirects to {response.location}, and API Gateway follows no redirect.",
            f"Let target_base_endpoint begin with https://, then: {_sync(case)}",
        )
    return broken(
        f"Something before the view redirects to {response.location}: messages have no cookie, "
        "and API Gateway follows no redirect.",
        "Let the path of the view pass in the middleware that does so, or take the decorator off.",
        "docs/reference/checks.md#w016",
    )


def _sync(case: Case) -> str:
    if uses_local_gateway():
        return words_for_sync(case)
    return 'choose "Sync to AWS" in the admin.'


def _redirected(case: Case, response: BackendResponse) -> Finding:
    # API Gateway keeps the address to itself.
    return explain_backend(case, "connect") or broken(
        f"The view's address redirects ({response.status}), and API Gateway follows no redirect.",
        "Let target_base_endpoint be the address it redirects to, or let the view's path pass.",
    )


def _no_backend(case: Case, response: BackendResponse) -> Finding:
    return explain_backend(case, "connect") or broken(
        f"API Gateway got no response from {case.integration_url('connect')}, and this machine "
        "does.",
        "See whether API Gateway may get there: firewalls, an address that is public, and a "
        "certificate of a public authority.",
    )


def _forbidden(case: Case, response: BackendResponse) -> Finding:
    again = "Start `python manage.py runserver` again, which registers the API."
    return broken(
        f"There is no deployed stage at {case.socket_url}: the response is Forbidden.",
        again
        if uses_local_gateway()
        else "See that the stage exists and has a deployment, that the custom domain is mapped to "
        "it, and that DisableExecuteApiEndpoint is off where there is none.",
    )


def _unknown_project(case: Case, response: BackendResponse) -> Finding:
    return broken(
        "Something has responded that does not know the signature of this project: it runs with "
        "another SECRET_KEY or an earlier release of the package, or a proxy drops X-Ws-Probe.",
        f"See what serves {case.backend_url}, and run the doctor with the environment that it has.",
    )


def _said(
    status: int | tuple[int, ...], message: str = ""
) -> Callable[[BackendResponse, str], bool]:
    statuses = status if isinstance(status, tuple) else (status,)
    return lambda response, said: response.status in statuses and message in said


def _contains(*texts: str) -> Callable[[BackendResponse, str], bool]:
    return lambda response, _: any(text in response.text for text in texts)


def _always(text: str, fix: str) -> Callable[[Case, BackendResponse], Finding]:
    def explain(case: Case, response: BackendResponse) -> Finding:
        return broken(text.format(url=case.integration_url("connect")), fix)

    return explain


_WORDS_OF_VIEWS: Final = (
    "Invalid request",
    "Invalid channel",
    "Invalid connection ID",
    "Invalid session",
    "Host is not in",
    "Missing ",
    "Permission Denied",
    "Too many connection attempts",
    "Unexpected Useragent",
)
"""Words by which a `WebSocketView` refuses."""

_GATEWAY_RULES: Final = (
    _Rule(_said(403, "Forbidden"), _forbidden),
    _Rule(
        _said((401, 403)),
        _always(
            "API Gateway itself wants to know who connects: the $connect route has an authorizer, "
            "IAM or an API key.",
            "Set its authorization to NONE and leave who may connect to the view.",
        ),
    ),
    _Rule(
        _said(429),
        _always(
            "API Gateway lets no more connect at the moment: it is throttled (429).",
            "Wait, then raise the throttling of the stage or the quota of the account.",
        ),
    ),
    _Rule(_said((500, 502, 503)), _no_backend),
    _Rule(
        _said(504),
        _always(
            "Django did not respond to the connect in time ({url}).",
            "Make connect() faster, or give Django more workers.",
        ),
    ),
)

_DJANGO_RULES: Final = (
    _Rule(_said(101), _unknown_project),
    _Rule(_said((301, 302, 303, 307, 308)), _redirected),
    _Rule(
        _contains("DisallowedHost", "Bad Request (400)"),
        _always(
            "Django refuses the host it is called by ({url}).",
            "Add it to ALLOWED_HOSTS; or, where a proxy before Django changes it, let that keep "
            "the Host. In nginx: proxy_set_header Host $http_host;",
        ),
    ),
    _Rule(
        _contains("CSRF"),
        _always(
            "Django's protection against CSRF refuses the event before the view.",
            "Keep the view's marks in your decorators with functools.wraps: it is exempt itself.",
        ),
    ),
    _Rule(
        _contains(*_WORDS_OF_VIEWS),
        _unknown_project,
    ),
    _Rule(
        _said(404),
        _always(
            "Nothing is served at {url} (404).",
            "Correct target_base_endpoint or the URLs: path('ws/<slug:route>', MyView.as_view()).",
        ),
    ),
    _Rule(
        _said(405),
        _always(
            "The view takes no POST, and API Gateway sends nothing else ({url}).",
            'Let http_method_names have "post".',
        ),
    ),
    _Rule(
        _said((401, 403)),
        _always(
            "Something before the view refuses the event: a middleware, a decorator or a proxy.",
            "Let the path of the view pass: it finds out itself who connects.",
        ),
    ),
    _Rule(
        _said((502, 503, 504)),
        _always(
            "A proxy before Django has no Django behind it ({url}).",
            "Start Django, and see where the proxy sends requests.",
        ),
    ),
    _Rule(
        _said(500),
        _always(
            "Django failed on the event before the view had it ({url}).",
            "The traceback is in Django's log.",
        ),
    ),
)
