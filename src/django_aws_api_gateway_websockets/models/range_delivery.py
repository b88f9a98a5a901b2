"""A worker's part in a queued broadcast: claim a range, send it window by window, go on."""

import logging
import time

from django.utils import timezone

from ..aws.clients import client_for
from ..core.payload import encode
from ..delivery.outcome import OutcomeKind
from ..delivery.sender import MAX_IN_FLIGHT
from ..sending.broadcast.report import BroadcastReport, Missed
from ..sending.broadcast.run import StageAudience, run
from ..sending.messages import Recipient
from .claim_keeper import kept
from .queued_broadcast import BroadcastRange, QueuedBroadcast
from .session import WebSocketSession

__all__ = ["deliver"]

logger = logging.getLogger("django_aws_api_gateway_websockets.models")

LONGEST_NAP_SECONDS = 1.0


def deliver(broadcast: QueuedBroadcast) -> None:
    """Send what nobody else is sending, until the whole broadcast is done.

    Stays until the ranges of other workers are finished as well: one of them may be killed, and its
    range is taken up when its claim has run out.
    """
    while not broadcast.finish_if_done():
        part = BroadcastRange.claim_next(broadcast)
        if part is None:
            _wait_for_the_others(broadcast)
        else:
            _send(broadcast, part)


def _send(broadcast: QueuedBroadcast, part: BroadcastRange) -> None:
    report = _report_so_far(broadcast, part)
    try:
        with kept(part):
            while not part.is_finished:
                end = part.position + MAX_IN_FLIGHT
                _send_window(broadcast, part, part.session_keys[part.position : end], report)
                if not part.advance(end, report):
                    logger.warning("A range of broadcast %s was taken over.", broadcast.pk)
                    return
    except BaseException:
        # Also on Ctrl-C and SIGTERM: whoever goes on need not wait for the claim to run out.
        part.release()
        raise


def _report_so_far(broadcast: QueuedBroadcast, part: BroadcastRange) -> BroadcastReport:
    report = BroadcastReport(id=str(broadcast.pk), message_bytes=len(encode(broadcast.text)))
    report.counts.update({OutcomeKind(kind): count for kind, count in part.outcomes.items()})
    report.add_missed(Missed(one[0], OutcomeKind(one[1]), one[2]) for one in part.missed)
    return report


def _send_window(
    broadcast: QueuedBroadcast, part: BroadcastRange, keys: list[int], report: BroadcastReport
) -> None:
    # Read now and not when it was queued: a login may have ended since.
    connected = WebSocketSession.objects.filter(pk__in=keys).connected()
    run(
        [
            StageAudience(
                Recipient("", part.api_id, part.stage),
                list(connected.values_list("connection_id", flat=True)),
            )
        ],
        broadcast.text,
        report,
        client_for=client_for,
        mark_gone=WebSocketSession.mark_gone,
        per_second=broadcast.per_second,
        max_in_flight=MAX_IN_FLIGHT,
    )


def _wait_for_the_others(broadcast: QueuedBroadcast) -> None:
    claims = broadcast.ranges.filter(is_finished=False).order_by("claimed_until")
    until = claims.values_list("claimed_until", flat=True).first()
    left = (until - timezone.now()).total_seconds() if until else 0.0
    time.sleep(min(max(left, 0.05), LONGEST_NAP_SECONDS))
