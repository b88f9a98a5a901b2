"""Calls of integrations, with log lines for the developer."""

from collections.abc import Mapping
from typing import Protocol

from ...core.client_certificate import ClientCertificate
from ...core.error_frames import GatewayMessage
from ...core.errors import NoTemplateError, TemplateError
from ...core.events.event import Event
from ...core.events.integration import (
    ClientSide,
    Integration,
    IntegrationCall,
    IntegrationKind,
    plan_call,
)
from ...core.events.mocks import mock_response
from ...core.events.response import BackendResponse
from ...core.events.transformations import reply_to
from ..journal.entries import IntegrationResult
from ..journal.instruments import Instruments
from ..runtime.log import problems, quotable
from .backends import BackendError, BackendTimeoutError, Sender
from .reasons import find_reason, find_session

__all__ = [
    "IntegrationCaller",
    "Integrations",
    "MisconfiguredError",
    "result_of",
    "result_without_response",
]


class MisconfiguredError(BackendError):
    """Error for templates or responses of an integration that give no result."""


class _NoTemplateForMessageError(MisconfiguredError):
    """Error for a message that no request template accepts."""

    status = 415
    tells = GatewayMessage.UNSUPPORTED_MEDIA_TYPE


class Integrations(Protocol):
    """Interface of objects that call the integrations of routes."""

    async def call(
        self, integration: Integration, event: Event, *, mapped_headers: frozenset[str]
    ) -> BackendResponse:
        """Return the integration's response to an event.

        Raises:
            BackendTimeoutError: the backend was too slow; already logged.
            BackendError: there is no response; already logged.
        """

    def reply(self, integration: Integration, event: Event, response: BackendResponse) -> bytes:
        """Make the client's message from a response, on a route that replies.

        Raises:
            MisconfiguredError: the integration responses give no result; already logged.
        """


class IntegrationCaller:
    """Caller that sends events to backends.

    Args:
        client_side: the address at which clients reach this gateway.
    """

    def __init__(
        self, backends: Sender, *, client_side: ClientSide, instruments: Instruments
    ) -> None:
        self.backends = backends
        """Sender of the requests; the wiring may replace it."""
        self.is_stopping = False
        """True once the gateway stops, and backends may have been stopped as well."""
        self.certificates: Mapping[tuple[str, str], ClientCertificate] = {}
        """Client certificates of the stages that have one, by API and stage."""
        self._client_side = client_side
        self._ids = instruments.ids
        self._clock = instruments.clock
        self._log = instruments.execution

    async def call(
        self, integration: Integration, event: Event, *, mapped_headers: frozenset[str]
    ) -> BackendResponse:
        try:
            if integration.kind is IntegrationKind.MOCK:
                return _mocked(integration, event)
            return await self._call_backend(integration, event, mapped_headers)
        except TemplateError as error:
            _explain(event, error)
            kind = (
                _NoTemplateForMessageError
                if isinstance(error, NoTemplateError)
                else MisconfiguredError
            )
            raise kind(str(error)) from error

    def reply(self, integration: Integration, event: Event, response: BackendResponse) -> bytes:
        """Make the client's message from a response, on a route that replies.

        A proxy's body stays as it is, whatever its status: a message has no place for status and
        headers. Any other body needs an integration response.
        """
        if integration.is_proxy:
            return response.body
        try:
            return reply_to(integration.responses, event, response)
        except TemplateError as error:
            _explain(event, error)
            raise MisconfiguredError(str(error)) from error

    async def _call_backend(
        self, integration: Integration, event: Event, mapped_headers: frozenset[str]
    ) -> BackendResponse:
        call = self._plan(integration, event, mapped_headers)
        self._log.note_call(event.context, integration, call)
        started = self._clock.monotonic()
        try:
            response = await self.backends.send(call)
        except BackendError as error:
            self._explain_failure(event, call, error)
            raise
        self._log.note_response(event.context, response, self._clock.milliseconds_since(started))
        return response

    def _plan(
        self, integration: Integration, event: Event, mapped_headers: frozenset[str]
    ) -> IntegrationCall:
        call = plan_call(
            integration,
            event,
            client_side=self._client_side,
            trace=self._ids.trace(self._clock.now()),
            mapped_headers=mapped_headers,
        )
        call = call._replace(timeout_seconds=self._clock.backend_seconds(call.timeout_seconds))
        if self.certificates:
            stage = (event.context.api_id, event.context.stage)
            call = call._replace(certificate=self.certificates.get(stage))
        return call

    def _explain_failure(self, event: Event, call: IntegrationCall, error: BackendError) -> None:
        route_key, api_id = event.context.route_key, event.context.api_id
        place = quotable(call.url.partition("?")[0])
        if isinstance(error, BackendTimeoutError):
            problems.warning(
                "%s of %s: %s at %s. The limit is the integration's TimeoutInMillis.",
                route_key,
                api_id,
                error,
                place,
            )
        elif self.is_stopping:
            # Ctrl-C ends both, and mostly Django first.
            problems.info("%s of %s: %s ended before the gateway.", route_key, api_id, place)
        else:
            problems.error(
                "%s of %s: no answer from %s (%s). Is the backend running there, "
                "for instance with `manage.py runserver`?",
                route_key,
                api_id,
                place,
                quotable(str(error)),
            )


def result_of(
    response: BackendResponse, integration: Integration, latency_ms: int
) -> IntegrationResult:
    """Return the result of a call with a response, for the journal."""
    named = (value for name, value in response.headers if name.lower() == "x-amzn-requestid")
    reason, is_told = find_reason(response, uri=integration.uri)
    return IntegrationResult(
        response.status,
        latency_ms,
        request_id=next(named, None),
        reason=reason,
        is_told=is_told,
        session=find_session(response),
    )


def result_without_response(error: BackendError, latency_ms: int) -> IntegrationResult:
    """Return the result of a call without a usable response, for the journal."""
    is_misconfigured = isinstance(error, MisconfiguredError)
    return IntegrationResult(None, latency_ms, str(error), is_misconfigured=is_misconfigured)


def _mocked(integration: Integration, event: Event) -> BackendResponse:
    request = integration.request
    has_template = request.templates.select(event.body) is not None
    return mock_response(request.body_for(event), has_template=has_template)


def _explain(event: Event, error: TemplateError) -> None:
    problems.error(
        "%s of %s: %s", event.context.route_key, event.context.api_id, quotable(str(error))
    )
