"""Calls the integration of a route, and says in the log what a developer has to know."""

from ...core.error_frames import GatewayMessage
from ...core.errors import NoTemplateError, TemplateError
from ...core.events.event import Event
from ...core.events.integration import ClientSide, Integration, IntegrationKind, plan_call
from ...core.events.mocks import mock_answer
from ...core.events.response import BackendResponse
from ...core.events.transformations import reply_to
from ..journal.access_log import problems, quotable
from ..journal.instruments import Instruments
from .backends import BackendError, Backends, BackendTimeoutError

__all__ = ["IntegrationCaller", "MisconfiguredError"]


class MisconfiguredError(BackendError):
    """The integration's own templates or responses are what came to nothing."""


class _NoTemplateForMessageError(MisconfiguredError):
    """No request template takes the message."""

    status = 415
    tells = GatewayMessage.UNSUPPORTED_MEDIA_TYPE


class IntegrationCaller:
    """Tells backends about events.

    Args:
        client_side: how clients reach this gateway.
    """

    def __init__(
        self, backends: Backends, *, client_side: ClientSide, instruments: Instruments
    ) -> None:
        self._backends = backends
        self._client_side = client_side
        self._ids = instruments.ids
        self._clock = instruments.clock
        self._log = instruments.execution

    async def call(
        self, integration: Integration, event: Event, *, mapped_headers: frozenset[str]
    ) -> BackendResponse:
        """The integration's answer to an event.

        Raises:
            BackendTimeoutError: the backend was too slow; already in the log.
            BackendError: there is no answer; already in the log.
        """
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

    def reply(self, integration: Integration, event: Event, answer: BackendResponse) -> bytes:
        """What a client gets for an answer, on a route that replies.

        A proxy's body goes on as it is, whatever its status: status and headers have no place in a
        message. Anything else needs an integration response.

        Raises:
            MisconfiguredError: the integration responses make nothing of it; already in the log.
        """
        if integration.is_proxy:
            return answer.body
        try:
            return reply_to(integration.responses, event, answer)
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
        self._log.asked(event.context, integration, call)
        started = self._clock.monotonic()
        try:
            answer = await self._backends.send(call)
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
        self._log.answered(event.context, answer, self._clock.milliseconds_since(started))
        return answer


def _mocked(integration: Integration, event: Event) -> BackendResponse:
    request = integration.request
    has_template = request.templates.select(event.body) is not None
    return mock_answer(request.body_for(event), has_template=has_template)


def _explain(event: Event, error: TemplateError) -> None:
    problems.error(
        "%s of %s: %s", event.context.route_key, event.context.api_id, quotable(str(error))
    )
