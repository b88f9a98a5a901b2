"""What the package does when Django logs somebody out or a gateway's record is deleted."""

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import pre_delete
from django.http import HttpRequest
from django.utils import timezone

__all__ = [
    "close_sessions_on_logout",
    "connect_receivers",
    "disconnect_sessions_of_deleted_gateway",
]


def connect_receivers() -> None:
    """Subscribe the receivers; safe to call twice."""
    from .models import ApiGateway

    prefix = "django_aws_api_gateway_websockets"
    pre_delete.connect(
        disconnect_sessions_of_deleted_gateway,
        sender=ApiGateway,
        dispatch_uid=f"{prefix}.gateway_deleted",
    )
    user_logged_out.connect(close_sessions_on_logout, dispatch_uid=f"{prefix}.logged_out")


def disconnect_sessions_of_deleted_gateway(sender: type, instance: Any, **kwargs: Any) -> None:
    """Note, in one UPDATE, that sessions of a gateway about to go cannot be reached any more."""
    instance.sessions.filter(connected=True).update(connected=False, updated_on=timezone.now())


def close_sessions_on_logout(
    sender: type, request: HttpRequest | None = None, **kwargs: Any
) -> None:
    """The connections opened from a session end with its login, in one UPDATE."""
    from .models import WebSocketSession
    from .models.fingerprints import accepted_session_key_hashes

    key = getattr(getattr(request, "session", None), "session_key", None)
    if key:
        WebSocketSession.objects.filter(
            session_key_hash__in=accepted_session_key_hashes(key), connected=True
        ).update(connected=False, updated_on=timezone.now())
