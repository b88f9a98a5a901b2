"""Calls the integration of a route, and says in the log what a developer has to know."""

from typing import Protocol

from ...core.error_frames import GatewayMessage
from ...core.errors import NoTemplateError, TemplateError
from ...core.events.event import Event
from ...core.events.integration import ClientSide, Integration, IntegrationKind, plan_call
from ...core.events.mocks import mock_answer
from ...core.events.response import BackendResponse
from ...core.events.transformations import reply_to
from ..journal.instruments import Instruments
from ..runtime.log import problems, quotable
from .backends import BackendError, BackendTimeoutError, Sender

__all__ = ["IntegrationCaller", "Integrations", "MisconfiguredError"]


class MisconfiguredError(BackendError):
    """The integration's own templates or responses are what came to nothing."""


class _NoTemplateForMessageError(MisconfiguredError):
    """No request template takes the message."""

    status = 415
    tells = GatewayMessage.UNSUPPORTED_MEDIA_TYPE


class Integrations(Protocol):
    """Calls the integrations of routes."""

    async def call(
        self, integration: Integration, event: Event, *, mapped_headers: frozenset[str]
    ) -> BackendResponse:
        """Return the integration's response to an event.

        Raises:
            BackendTimeoutError: the backend was too slow; already in the log.
            BackendError: there is no response; already in the log.
        """

    def reply(self, integration: Integration, event: Event, response: BackendResponse) -> bytes:
        """Make what a client gets of a response, on a route that replies.

        Raises:
            MisconfiguredError: the integration responses make nothing of it; already in the log.
        """


class IntegrationCaller:
    """Tells backends about events.

    Args:
        client_side: how clients reach this gateway.
    """

    def __init__(
        self, backends: Sender, *, client_side: ClientSide, instruments: Instruments
    ) -> None:
        self.backends = backends
        """What the requests are sent by; another one may be put in its place."""
        self._client_side = client_side
        self._ids = instruments.ids
        self._clock = instruments.clock
        self._log = instruments.execution

    async def call(
        self, integration: Integration, event: Event, *, mapped_headers: frozenset[str]
    ) -> BackendResponse:
        """Part of the interface of `Integrations`."""
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
        """Part of the interface of `Integrations`.

        A proxy's body goes on as it is, whatever its status: status and headers have no place in a
        message. Anything else needs an integration response.
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
        call = plan_call(
            integration,
            event,
            client_side=self._client_side,
            trace=self._ids.trace(self._clock.now()),
            mapped_headers=mapped_headers,
        )
        call = call._replace(timeout_seconds=self._clock.backend_seconds(call.timeout_seconds))
        place = quotable(call.url.partition("?")[0])
        self._log.note_call(event.context, integration, call)
        started = self._clock.monotonic()
        try:
            response = await self.backends.send(call)
        except BackendTimeoutError as error:
            problems.warning(
                "%s of %s: %s at %s. The limit is the integration's TimeoutInMillis.",
                event.context.route_key,
                event.context.api_id,
                error,
                place,
            )
            raise
        except BackendError as error:
            problems.error(
                "%s of %s: no answer from %s (%s). Is the backend running there, "
                "for instance with `manage.py runserver`?",
                event.context.route_key,
                event.context.api_id,
                place,
                quotable(str(error)),
            )
            raise
        self._log.note_response(event.context, response, self._clock.milliseconds_since(started))
        return response


def _mocked(integration: Integration, event: Event) -> BackendResponse:
    request = integration.request
    has_template = request.templates.select(event.body) is not None
    return mock_answer(request.body_for(event), has_template=has_template)


def _explain(event: Event, error: TemplateError) -> None:
    problems.error(
        "%s of %s: %s", event.context.route_key, event.context.api_id, quotable(str(error))
    )
