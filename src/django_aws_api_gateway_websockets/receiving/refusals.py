"""How a view answers what it does not accept: a hook for each reason, for projects to override."""

import logging
import warnings
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseForbidden
from django.utils.html import escape

from . import event as inbound
from . import explanations, guards

__all__ = ["Problem", "RefusalAnswers"]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")

_DEBUG_ENTRY_CHARACTERS: Final = 500


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a request."""

    answer: str
    """What the client is told."""
    why: str = ""
    """What only the log is told; "" when the answer says it all."""


class RefusalAnswers:
    """The answers to requests that do not pass, and the log that says why while debugging."""

    debug = False
    debug_log: list[str]
    route_selection_key = "action"
    required_headers: ClassVar[list[str]] = [
        "Host",
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "Content-Length",
        "Connectionid",
        "User-Agent",
        "X-Amzn-Apigateway-Api-Id",
    ]
    additional_required_headers: ClassVar[list[str]] = [
        "X-Amzn-Trace-Id",
        "X-Forwarded-Port",
        "X-Real-Ip",
    ]

    def invalid_gateway_secret(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Answers a request that does not show the gateway's secret."""
        hint = "" if guards.usable_secrets() else ": none that is configured can be used, see E001"
        logger.warning("A request without an accepted gateway secret was refused%s.", hint)
        self._debug("Gateway secret missing or not accepted")
        return HttpResponseForbidden("Invalid request")

    def missing_headers(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answers a request that lacks a header, or comes from an API that is not registered."""
        required = [*self.required_headers, *self.additional_required_headers]
        missing = guards.missing_headers(request, required)
        self._debug(f"Expected {required}. Received {sorted(request.headers)}.")
        reason = (
            f"it lacks {', '.join(missing)}, which a proxy in front of Django may have removed: "
            "let it through, or shorten additional_required_headers"
            if missing
            else "no ApiGateway record has the API id it names"
        )
        self._log_refusal("request", request, Problem("", reason))
        return HttpResponseBadRequest("Invalid request headers")

    def invalid_useragent(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answers a connect whose User-Agent is not API Gateway's."""
        return HttpResponseBadRequest("Unexpected Useragent")

    def session_not_found(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answers for a connection that is unknown, closed, or whose login has ended."""
        return HttpResponseBadRequest("Invalid connection ID")

    def permission_denied(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answers a user who lacks a permission or may not join the channel."""
        return HttpResponseForbidden("Permission Denied")

    def handler_selection_key_missing(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Answers a message that names neither a handler nor an action."""
        return HttpResponseBadRequest("Invalid request format (1)")

    def route_selection_key_missing(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Deprecated; nothing calls it. Use `handler_selection_key_missing`."""
        warnings.warn(
            "route_selection_key_missing is deprecated: use handler_selection_key_missing.",
            DeprecationWarning,
            stacklevel=2,
        )
        key = self.route_selection_key
        return HttpResponseBadRequest(f"route_select_key {key} missing from request body.")

    def _log_refusal(self, what: str, request: HttpRequest, problem: Problem) -> None:
        """Tell the log what was refused, why, and of which connection."""
        logger.warning(
            "A %s was refused: %s (connection %s).",
            what,
            ": ".join(filter(None, (problem.answer, problem.why))),
            explanations.quote(request.headers.get(inbound.CONNECTION_ID_HEADER, "")),
        )

    def _debug(self, msg: str) -> None:
        """Keep a line for the developer while `debug` is on, safe to show in a page."""
        if self.debug:
            self.debug_log.append(str(escape(msg[:_DEBUG_ENTRY_CHARACTERS])))
