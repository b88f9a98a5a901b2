"""What leaves: a message and whom it is for, turned into posts to `@connections`.

A real boto3 client only says where, in which region and with whose credentials; the engine in
`delivery` does the posting. Any other object is a project's double and is called as boto3 would be.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.serializers.json import DjangoJSONEncoder

from ..aws.advice import address_advice, local_gateway_advice
from ..aws.clients import get_management_endpoint_url, get_region_name
from ..core.errors import GatewayUnreachableError, MissingCredentialsError
from ..core.payload import dump_json, encode
from ..core.retry import RetryPolicy
from ..delivery.boto3_answer import Boto3Answer
from ..delivery.credentials import client_credentials, client_endpoint
from ..delivery.outcome import Outcome, OutcomeKind
from ..delivery.sender import Sender

__all__ = [
    "BROADCAST_CONNECT_TIMEOUT",
    "BROADCAST_MAX_ATTEMPTS",
    "BROADCAST_MAX_WORKERS",
    "BROADCAST_READ_TIMEOUT",
    "Delivery",
    "Recipient",
    "close_connections",
    "post_to_stage",
    "send_to_all",
    "send_to_one",
    "serialise_message",
]

# The documented name: projects configure it, and it is the one of the models that send.
logger = logging.getLogger("django_aws_api_gateway_websockets.models")

BROADCAST_MAX_WORKERS: Final = 10
"""Threads for a client that is not boto3's own; the engine needs none."""
BROADCAST_CONNECT_TIMEOUT: Final = 5
"""Seconds to reach API Gateway."""
BROADCAST_READ_TIMEOUT: Final = 10
"""Seconds to wait for its answer."""
BROADCAST_MAX_ATTEMPTS: Final = 3
"""Attempts at one post, the first included."""

SERVICE: Final = "apigatewaymanagementapi"
GONE: Final = "GoneException"
FORBIDDEN: Final = 403

_KINDS_BY_CODE: Final = {
    "LimitExceededException": OutcomeKind.THROTTLED,
    "PayloadTooLargeException": OutcomeKind.TOO_LARGE,
    "413": OutcomeKind.TOO_LARGE,
    "ForbiddenException": OutcomeKind.REFUSED,
    "BadRequestException": OutcomeKind.REFUSED,
}

ClientFactory = Callable[..., Any]
"""Gives the boto3 client of a service, as `get_boto3_client` does."""


class Recipient(NamedTuple):
    """A connection, and the stage through which it is reached."""

    connection_id: str
    """Id of the connection."""
    api_id: str
    """API it belongs to."""
    stage: str
    """Stage of that API to post through."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message to many."""

    responses: list[dict[str, Any]] = field(default_factory=list)
    """Answers of API Gateway to the posts that succeeded, in the form boto3 gives them."""
    gone: list[str] = field(default_factory=list)
    """Ids of connections that do not exist any more."""


def serialise_message(data: Any) -> str:
    """The JSON text of a message, with Django's forms for dates, decimals, UUIDs and lazy texts.

    Raises:
        ValueError: it is larger than API Gateway takes, or has a value JSON cannot express.
    """
    text = dump_json(data, default=DjangoJSONEncoder().default)
    encode(text)
    return text


def send_to_one(
    recipient: Recipient, text: str, client_for: ClientFactory
) -> dict[str, Any] | None:
    """Post to one connection; the answer in boto3's form, or None when the connection is gone.

    Raises:
        ClientError: API Gateway refused the message.
        GatewayUnreachableError: there was no answer.
    """
    client = _management_client(recipient, client_for)
    if not isinstance(client, BaseClient):
        return _post_through(client, recipient.connection_id, text)
    outcome = _sender(client).post(recipient.connection_id, text.encode())
    if outcome.kind is OutcomeKind.GONE:
        return None
    if outcome.kind is not OutcomeKind.SENT:
        raise _error_of(outcome, client, recipient.stage)
    return Boto3Answer(outcome)


def send_to_all(
    recipients: Iterable[Recipient],
    text: str,
    client_for: ClientFactory,
    *,
    max_workers: int | None = None,
) -> Delivery:
    """Post to each recipient; a failure is logged and never keeps the rest from receiving.

    Args:
        recipients: read once.
        text: the message.
        client_for: gives the boto3 client of a service.
        max_workers: posts under way at once; None leaves it to the engine.
    """
    delivery = Delivery()
    for recipient, connection_ids in _by_stage(recipients).items():
        client = _management_client(recipient, client_for, len(connection_ids), max_workers)
        if isinstance(client, BaseClient):
            outcomes = _sender(client).post_many(
                connection_ids, text.encode(), max_in_flight=max_workers
            )
            _note(_advised(outcomes, client, recipient.stage), delivery)
        else:
            _post_by_threads(client, connection_ids, text, max_workers, delivery)
    return delivery


def post_to_stage(
    stage: Recipient,
    connection_ids: Iterable[str],
    text: str,
    client_for: ClientFactory,
    *,
    retries: RetryPolicy,
    per_second: float | None = None,
    max_in_flight: int | None = None,
) -> Iterator[Outcome]:
    """Post to connections of one stage; their outcomes as they come, whatever they are.

    Args:
        stage: a recipient without connection.
        connection_ids: pulled as connections become free.
        retries: how often and how patiently a post is repeated.
        per_second: posts that may begin in a second; None sets no limit.
        max_in_flight: posts under way at once; None leaves it to the engine.
    """
    client = _management_client(stage, client_for)
    if not isinstance(client, BaseClient):
        yield from _post_through_double(client, connection_ids, text)
        return
    outcomes = _sender(client, retries).post_many(
        connection_ids,
        text.encode(),
        max_in_flight=max_in_flight,
        per_second=per_second,
    )
    yield from _advised(outcomes, client, stage.stage)


def _post_through_double(
    client: Any, connection_ids: Iterable[str], text: str
) -> Iterator[Outcome]:
    for connection_id in connection_ids:
        try:
            answer = _post_through(client, connection_id, text)
        except (ClientError, BotoCoreError) as error:
            code = _code_of(error)
            kind = _KINDS_BY_CODE.get(code, OutcomeKind.FAILED)
            yield Outcome(connection_id, kind, attempts=1, reason=code)
        else:
            kind = OutcomeKind.GONE if answer is None else OutcomeKind.SENT
            yield Outcome(connection_id, kind, attempts=1)


def close_connections(recipients: Iterable[Recipient], client_for: ClientFactory) -> None:
    """Close sockets; one that is gone already is as good, any other failure is logged.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
    """
    for recipient, connection_ids in _by_stage(recipients).items():
        client = _management_client(recipient, client_for)
        close_each = _close_by_engine if isinstance(client, BaseClient) else _close_one_by_one
        for connection_id, code in close_each(client, connection_ids):
            if code not in {"", GONE}:
                logger.warning("Connection %s could not be closed: %s.", connection_id, code)


def _close_by_engine(client: BaseClient, connection_ids: list[str]) -> Iterator[tuple[str, str]]:
    """Close sockets; each with what kept it open, or with "" when nothing did."""
    for outcome in _sender(client).delete_many(connection_ids):
        yield outcome.connection_id, outcome.error_code or outcome.reason


def _close_one_by_one(client: Any, connection_ids: list[str]) -> Iterator[tuple[str, str]]:
    for connection_id in connection_ids:
        code = ""
        try:
            client.delete_connection(ConnectionId=connection_id)
        except (ClientError, BotoCoreError) as error:
            code = _code_of(error)
        yield connection_id, code


def _by_stage(recipients: Iterable[Recipient]) -> dict[Recipient, list[str]]:
    """Connection ids by stage; the key is a recipient without connection."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for recipient in recipients:
        groups[recipient.api_id, recipient.stage].append(recipient.connection_id)
    return {Recipient("", *stage): connection_ids for stage, connection_ids in groups.items()}


def _management_client(
    recipient: Recipient,
    client_for: ClientFactory,
    audience: int | None = None,
    max_workers: int | None = None,
) -> Any:
    """The client for one stage; a double is told how boto3 would be set up for an audience."""
    endpoint_url = get_management_endpoint_url(
        api_id=recipient.api_id, stage=recipient.stage, region=get_region_name()
    )
    if audience is None:
        return client_for(SERVICE, endpoint_url=endpoint_url)
    config = Config(
        max_pool_connections=min(max_workers or BROADCAST_MAX_WORKERS, audience),
        connect_timeout=BROADCAST_CONNECT_TIMEOUT,
        read_timeout=BROADCAST_READ_TIMEOUT,
        # The engine counts attempts itself: this is what projects' doubles have been told so far.
        retries={"mode": "standard", "max_attempts": BROADCAST_MAX_ATTEMPTS},
    )
    return client_for(SERVICE, endpoint_url=endpoint_url, config=config)


def _sender(client: BaseClient, retries: RetryPolicy | None = None) -> Sender:
    credentials = client_credentials(client)
    try:
        # Whoever has none learns that, rather than that some address did not answer.
        credentials()
    except MissingCredentialsError as error:
        raise MissingCredentialsError(f"{error} {local_gateway_advice()}") from error
    return Sender(client_endpoint(client), credentials, retries=retries)


def _advised(outcomes: Iterable[Outcome], client: BaseClient, stage: str) -> Iterator[Outcome]:
    """The same; the first one that was forbidden is explained where the address shows why."""
    is_explained = False
    for outcome in outcomes:
        yield outcome
        if outcome.kind is OutcomeKind.REFUSED and not is_explained:
            is_explained = True
            if advice := _advice_of(outcome, client, stage):
                logger.warning("Messages are refused with 403. %s", advice)


def _advice_of(outcome: Outcome, client: BaseClient, stage: str) -> str:
    return address_advice(client.meta.endpoint_url, stage) if outcome.status == FORBIDDEN else ""


def _note(outcomes: Iterable[Outcome], delivery: Delivery) -> None:
    for outcome in outcomes:
        if outcome.kind is OutcomeKind.SENT:
            delivery.responses.append(Boto3Answer(outcome))
        elif outcome.kind is OutcomeKind.GONE:
            delivery.gone.append(outcome.connection_id)
        else:
            _log_failure(outcome.connection_id, outcome.error_code or outcome.reason)


def _post_by_threads(
    client: Any,
    connection_ids: list[str],
    text: str,
    max_workers: int | None,
    delivery: Delivery,
) -> None:
    def post(connection_id: str) -> dict[str, Any] | Exception | None:
        try:
            return _post_through(client, connection_id, text)
        except (ClientError, BotoCoreError) as error:
            return error

    for connection_id, answer in _in_parallel(post, connection_ids, max_workers):
        if answer is None:
            delivery.gone.append(connection_id)
        elif isinstance(answer, Exception):
            _log_failure(connection_id, _code_of(answer))
        else:
            delivery.responses.append(answer)


def _in_parallel(
    post: Callable[[str], Any], connection_ids: list[str], max_workers: int | None
) -> Iterator[tuple[str, Any]]:
    workers = min(max_workers or BROADCAST_MAX_WORKERS, len(connection_ids))
    if workers == 1:
        yield from ((connection_id, post(connection_id)) for connection_id in connection_ids)
        return
    with ThreadPoolExecutor(workers) as threads:
        yield from zip(connection_ids, threads.map(post, connection_ids), strict=True)


def _post_through(client: Any, connection_id: str, text: str) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = client.post_to_connection(Data=text, ConnectionId=connection_id)
    except ClientError as error:
        if _code_of(error) == GONE:
            return None
        raise
    return answer


def _error_of(outcome: Outcome, client: BaseClient, stage: str) -> Exception:
    if outcome.answer is None:
        return GatewayUnreachableError(url=client.meta.endpoint_url, reason=outcome.reason)
    said = " ".join(filter(None, (outcome.message, _advice_of(outcome, client, stage))))
    error: Any = {"Error": {"Code": outcome.error_code, "Message": said}}
    return ClientError(error | Boto3Answer(outcome), "PostToConnection")


def _code_of(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return type(error).__name__


def _log_failure(connection_id: str, code: str) -> None:
    logger.warning("The message did not reach connection %s: %s.", connection_id, code)
