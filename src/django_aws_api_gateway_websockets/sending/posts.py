"""Posts of one message: to one connection, or to many with a log line for each failure."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..delivery.outcome import Outcome, OutcomeKind
from ..telemetry.observed_sends import observed_send
from .messages import Recipient
from .transports import Transport, transport_for, transport_for_further

__all__ = ["Delivery", "group_by_stage", "send_to_all", "send_to_one"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")


@dataclass(slots=True)
class Delivery:
    """The result of a message to many."""

    recipients: int = 0
    """Number of recipients, those without gateway included."""
    responses: list[dict[str, Any]] = field(default_factory=list)
    """Responses of API Gateway to the posts that succeeded, in the form boto3 gives them."""
    gone: list[str] = field(default_factory=list)
    """Ids of connections that are gone."""


def send_to_one(recipient: Recipient, text: str) -> dict[str, Any] | None:
    """Post to one connection; return boto3's response, or None when the connection is gone.

    Raises:
        ClientError: API Gateway refused the message.
        GatewayUnreachableError: there was no response.
    """
    transport = transport_for(recipient)
    with observed_send("one") as send:
        outcome = transport.post(recipient.connection_id, text)
        send.counts[outcome.kind.value] += 1
    if outcome.kind is OutcomeKind.GONE:
        return None
    if outcome.kind is not OutcomeKind.SENT:
        raise transport.error(outcome)
    return transport.boto3_response(outcome)


def send_to_all(
    recipients: Iterable[Recipient], text: str, *, max_workers: int | None = None
) -> Delivery:
    """Post to each recipient; a failure is logged and never keeps the rest from receiving.

    Args:
        recipients: read once. Those without gateway are counted in the log.
        text: the message.
        max_workers: posts under way at once; None leaves it to the transport.
    """
    stages = group_by_stage(recipients)
    delivery = Delivery(recipients=sum(map(len, stages.values())))
    find_transport: Any = transport_for
    with observed_send("many") as send:
        for stage, connection_ids in stages.items():
            if stage.api_id:
                transport = find_transport(
                    stage, audience=len(connection_ids), max_workers=max_workers
                )
                failures = _send_to_stage(transport, connection_ids, text, max_workers, delivery)
                send.counts.update(failures)
                find_transport = transport_for_further
        send.counts[OutcomeKind.SENT.value] = len(delivery.responses)
        send.counts[OutcomeKind.GONE.value] = len(delivery.gone)
        send.counts = +send.counts
    return delivery


def group_by_stage(recipients: Iterable[Recipient]) -> dict[Recipient, list[str]]:
    """Return connection ids by stage, which is a recipient without connection.

    Those that have no gateway, and so no address, are logged as a number.
    """
    groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for connection_id, api_id, stage in recipients:
        groups[api_id, stage].append(connection_id)
    homeless = sum(len(ids) for (api_id, _), ids in groups.items() if not api_id)
    if homeless:
        logger.warning("%d sessions have no gateway and were not sent to.", homeless)
    return {Recipient("", *stage): connection_ids for stage, connection_ids in groups.items()}


def _send_to_stage(
    transport: Transport,
    connection_ids: list[str],
    text: str,
    max_workers: int | None,
    delivery: Delivery,
) -> Counter[str]:
    """Post to the connections of one stage; return the number of failures by kind."""
    failures: Counter[str] = Counter()
    boto3_response = transport.boto3_response
    for outcome in transport.post_many(connection_ids, text, max_in_flight=max_workers):
        kind = outcome.kind
        if kind is OutcomeKind.SENT:
            delivery.responses.append(boto3_response(outcome))
        elif kind is OutcomeKind.GONE:
            delivery.gone.append(outcome.connection_id)
        else:
            failures[kind.value] += 1
            logger.warning(
                "The message did not reach connection %s: %s.",
                outcome.connection_id,
                outcome.cause,
                extra=facts_of_failure(outcome),
            )
    return failures


def facts_of_failure(outcome: Outcome) -> dict[str, str]:
    """Return what a structured log has of a post that failed, besides the event."""
    return {
        "websocket_recipient": outcome.connection_id,
        "websocket_outcome": outcome.kind.value,
        "websocket_post_request": outcome.request_id,
    }
