"""Transports: the seam between a message and the client that a project has.

A real boto3 client only gives endpoint, region and credentials; the engine in `delivery` posts.
Any other object is a project's double, and is called as boto3 would be.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from botocore.exceptions import BotoCoreError, ClientError

from ..aws.advice import address_advice, local_gateway_advice
from ..aws.clients import client_for, get_region_name, has_double
from ..aws.credentials import client_credentials, client_endpoint
from ..aws.endpoints import get_management_endpoint_url
from ..aws.network_in_tests import refuse_network
from ..core.errors import (
    GatewayUnreachableError,
    MissingCredentialsError,
    UnusableCredentialsError,
)
from ..core.retry import RetryPolicy
from ..delivery.boto3_response import Boto3Response
from ..delivery.fan_out import Timeouts
from ..delivery.outcome import Outcome, OutcomeKind
from ..delivery.sender import Sender
from .messages import (
    BROADCAST_CONNECT_TIMEOUT,
    BROADCAST_MAX_ATTEMPTS,
    BROADCAST_MAX_WORKERS,
    BROADCAST_READ_TIMEOUT,
    NO_ADDRESS,
    Recipient,
)
from .stand_in import StandIn, find_stand_in

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.config import Config

__all__ = ["Transport", "transport_for", "transport_for_further"]

# The documented name: projects configure it, and it is the one of the models that send.
logger = logging.getLogger("django_aws_api_gateway_websockets.models")

FORBIDDEN: Final = 403

_KINDS_BY_CODE: Final = {
    "GoneException": OutcomeKind.GONE,
    "LimitExceededException": OutcomeKind.THROTTLED,
    "PayloadTooLargeException": OutcomeKind.TOO_LARGE,
    "413": OutcomeKind.TOO_LARGE,
    "ForbiddenException": OutcomeKind.REFUSED,
    "BadRequestException": OutcomeKind.REFUSED,
}


class Transport(Protocol):
    """Reaches the connections of one stage."""

    def post(self, connection_id: str, text: str) -> Outcome:
        """Post a message to one connection."""

    def post_many(
        self,
        connection_ids: Iterable[str],
        text: str,
        *,
        max_in_flight: int | None = None,
        per_second: float | None = None,
    ) -> Iterator[Outcome]:
        """Post a message to many connections, and yield outcomes as they come.

        Args:
            connection_ids: pulled as connections become free.
            text: the message.
            max_in_flight: posts under way at once; None leaves it to the transport.
            per_second: posts that may begin in a second; None sets no limit.
        """

    def close_many(self, connection_ids: Iterable[str]) -> Iterator[Outcome]:
        """Close many connections, and yield outcomes as they come."""

    def get_many(self, connection_ids: Iterable[str], *, per_second: float) -> Iterator[Outcome]:
        """Ask after many connections, and yield outcomes as they come; GONE where one is gone."""

    def boto3_response(self, sent: Outcome) -> dict[str, Any]:
        """Return the response to a post that succeeded, in the form boto3 gives it."""

    def error(self, failed: Outcome) -> Exception:
        """Return the error boto3, or the way to API Gateway, would have raised."""


def transport_for(
    stage: Recipient,
    *,
    retries: RetryPolicy | None = None,
    timeouts: Timeouts | None = None,
    audience: int | None = None,
    max_workers: int | None = None,
) -> Transport:
    """Return the transport for a stage, by the client the project has for it.

    Args:
        stage: a recipient without connection.
        retries: how often and how patiently the engine repeats a post; None takes its default.
        timeouts: how long the engine waits; None takes its default.
        audience: number of recipients of one message, of which a double is told.
        max_workers: posts a double may be asked for at once.

    Raises:
        MissingCredentialsError: there are no credentials to sign with. Those that no request can
            carry are an outcome of each post.
        RuntimeError: no region is set.
        ValueError: the stage is of an API without id, for which only a double has an address.
        NetworkInTestError: a test runs that has not said that it means the network.
    """
    stand_in = find_stand_in()
    if stand_in is not None and not has_double():
        return _of_stand_in(stand_in, stage, retries)
    threads = 1 if audience is None else min(max_workers or BROADCAST_MAX_WORKERS, audience)
    client = _client_of(stage, {} if audience is None else {"config": _config_of(threads)})
    from botocore.client import BaseClient

    if not isinstance(client, BaseClient):
        return DoubleTransport(client, threads)
    if stand_in is not None:
        return _of_stand_in(stand_in, stage, retries)
    refuse_network(client.meta.endpoint_url)
    try:
        return EngineTransport(client, stage.stage, retries, timeouts)
    except UnusableCredentialsError as error:
        return NoTransport.to(stage, error)


def _client_of(stage: Recipient, options: dict[str, Any]) -> Any:
    """Return the client, or the double, that the project has for a stage."""
    url = get_management_endpoint_url(
        api_id=stage.api_id, stage=stage.stage, region=get_region_name()
    )
    try:
        return client_for("apigatewaymanagementapi", endpoint_url=url, **options)
    except ValueError as error:
        # botocore knows no better than that the address is none. A double need not mind.
        if stage.api_id:
            raise
        raise ValueError(NO_ADDRESS) from error


def _config_of(threads: int) -> "Config":
    from botocore.config import Config

    return Config(
        max_pool_connections=threads,
        connect_timeout=BROADCAST_CONNECT_TIMEOUT,
        read_timeout=BROADCAST_READ_TIMEOUT,
        # The engine counts attempts itself: projects' doubles have always been told this.
        retries={"mode": "standard", "max_attempts": BROADCAST_MAX_ATTEMPTS},
    )


def _of_stand_in(stand_in: StandIn, stage: Recipient, retries: RetryPolicy | None) -> Transport:
    transport: Transport = stand_in.transport(stage, retries)
    return transport


def transport_for_further(stage: Recipient, **options: Any) -> Transport:
    """Return the transport for a further stage, when those of another have a message already.

    No error ends the message then, or its sender would send it again to all: without credentials
    or region, each post has an outcome that says so.

    Args:
        stage: a recipient without connection.
        options: as those of `transport_for`.
    """
    try:
        return transport_for(stage, **options)
    except Exception as error:  # noqa: BLE001 - it becomes the outcome of each post.
        return NoTransport.to(stage, error)


class NoTransport:
    """Reaches nobody, and says why.

    Args:
        error: the reason why there is no way to the stage.
    """

    def __init__(self, error: Exception) -> None:
        self._error = error

    @classmethod
    def to(cls, stage: Recipient, error: Exception) -> Self:
        """Log that nothing can be sent to a stage, and why."""
        logger.warning("Nothing can be sent to stage %s: %s", stage.stage, error)
        return cls(error)

    def post(self, connection_id: str, text: str) -> Outcome:
        """Return a failure."""
        return Outcome(connection_id, OutcomeKind.FAILED, 0, reason=type(self._error).__name__)

    def post_many(
        self, connection_ids: Iterable[str], text: str, **options: Any
    ) -> Iterator[Outcome]:
        """Yield a failure for each connection."""
        return (self.post(connection_id, text) for connection_id in connection_ids)

    def close_many(self, connection_ids: Iterable[str]) -> Iterator[Outcome]:
        """Yield a failure for each connection."""
        return self.post_many(connection_ids, "")

    def get_many(self, connection_ids: Iterable[str], *, per_second: float) -> Iterator[Outcome]:
        """Yield a failure for each connection."""
        return self.post_many(connection_ids, "")

    def boto3_response(self, sent: Outcome) -> dict[str, Any]:
        """Raise the reason: nothing has been sent."""
        raise self._error

    def error(self, failed: Outcome) -> Exception:
        """Return the reason."""
        return self._error


class EngineTransport:
    """Posts with the engine, as a boto3 client says."""

    boto3_response: Callable[[Outcome], dict[str, Any]] = Boto3Response

    def __init__(
        self,
        client: "BaseClient",
        stage: str,
        retries: RetryPolicy | None,
        timeouts: Timeouts | None = None,
    ) -> None:
        credentials = client_credentials(client)
        try:
            # Missing credentials are told at once, and not as an address that did not respond.
            credentials()
        except UnusableCredentialsError:
            raise
        except MissingCredentialsError as error:
            raise MissingCredentialsError(f"{error} {local_gateway_advice()}") from error
        self._url = client.meta.endpoint_url
        self._stage = stage
        self._sender = Sender(
            client_endpoint(client), credentials, retries=retries, timeouts=timeouts
        )

    def post(self, connection_id: str, text: str) -> Outcome:
        """Post a message to one connection."""
        return self._sender.post(connection_id, text.encode())

    def post_many(
        self,
        connection_ids: Iterable[str],
        text: str,
        *,
        max_in_flight: int | None = None,
        per_second: float | None = None,
    ) -> Iterator[Outcome]:
        """Post to many connections; explain the first 403 where the address shows its reason."""
        is_explained = False
        for outcome in self._sender.post_many(
            connection_ids, text.encode(), max_in_flight=max_in_flight, per_second=per_second
        ):
            yield outcome
            if outcome.kind is OutcomeKind.REFUSED and not is_explained:
                is_explained = True
                if advice := self._advice(outcome):
                    logger.warning("Messages are refused with 403. %s", advice)

    def close_many(self, connection_ids: Iterable[str]) -> Iterator[Outcome]:
        """Close many connections."""
        return self._sender.delete_many(connection_ids)

    def get_many(self, connection_ids: Iterable[str], *, per_second: float) -> Iterator[Outcome]:
        """Ask after many connections."""
        return self._sender.get_many(connection_ids, per_second=per_second)

    def error(self, failed: Outcome) -> Exception:
        """Return the error boto3 would have raised, or that nothing responds."""
        if failed.response is None:
            return GatewayUnreachableError(url=self._url, reason=failed.reason)
        said = " ".join(filter(None, (failed.message, self._advice(failed))))
        error: Any = {"Error": {"Code": failed.error_code, "Message": said}}
        return ClientError(error | Boto3Response(failed), "PostToConnection")

    def _advice(self, outcome: Outcome) -> str:
        return address_advice(self._url, self._stage) if outcome.status == FORBIDDEN else ""


class DoubleTransport:
    """Calls a project's double of a boto3 client.

    Args:
        client: the double.
        threads: calls to it at once; 1 makes them in the caller's thread.
    """

    def __init__(self, client: Any, threads: int) -> None:
        self._client = client
        self._threads = threads

    def post(self, connection_id: str, text: str) -> Outcome:
        """Call `post_to_connection`."""
        return self._call(self._client.post_to_connection, connection_id, Data=text)

    def post_many(
        self,
        connection_ids: Iterable[str],
        text: str,
        *,
        max_in_flight: int | None = None,
        per_second: float | None = None,
    ) -> Iterator[Outcome]:
        """Call `post_to_connection` for each connection; a double keeps no rate."""

        def post(connection_id: str) -> Outcome:
            return self.post(connection_id, text)

        if self._threads == 1:
            yield from map(post, connection_ids)
            return
        with ThreadPoolExecutor(self._threads) as threads:
            yield from threads.map(post, connection_ids)

    def close_many(self, connection_ids: Iterable[str]) -> Iterator[Outcome]:
        """Call `delete_connection` for each connection."""
        for connection_id in connection_ids:
            yield self._call(self._client.delete_connection, connection_id)

    def get_many(self, connection_ids: Iterable[str], *, per_second: float) -> Iterator[Outcome]:
        """Call `get_connection` for each connection; a double keeps no rate."""
        for connection_id in connection_ids:
            yield self._call(self._client.get_connection, connection_id)

    def boto3_response(self, sent: Outcome) -> dict[str, Any]:
        """Return what the double returned."""
        response: dict[str, Any] = sent.given
        return response

    def error(self, failed: Outcome) -> Exception:
        """Return the error the double raised."""
        error: Exception = failed.given
        return error

    def _call(self, method: Callable[..., Any], connection_id: str, **arguments: Any) -> Outcome:
        try:
            given = method(**arguments, ConnectionId=connection_id)
        except (ClientError, BotoCoreError) as error:
            code = _code_of(error)
            kind = _KINDS_BY_CODE.get(code, OutcomeKind.FAILED)
            return Outcome(connection_id, kind, 1, reason=code, given=error)
        # A double whose post returns None says that the connection is gone.
        kind = OutcomeKind.GONE if given is None else OutcomeKind.SENT
        return Outcome(connection_id, kind, 1, given=given)


def _code_of(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__
