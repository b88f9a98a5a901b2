"""Which of Django's signals the package listens to."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_save, pre_delete
from django.utils import timezone

__all__ = [
    "connect_receivers",
    "disconnect_sessions_of_deleted_gateway",
]


def connect_receivers() -> None:
    """Subscribe the receivers; safe to call twice."""
    from .models import ApiGateway
    from .models.login_end import (
        close_sessions_of_deleted_user,
        close_sessions_of_ended_login,
        close_sessions_on_logout,
    )

    prefix = "django_aws_api_gateway_websockets"
    pre_delete.connect(
        disconnect_sessions_of_deleted_gateway,
        sender=ApiGateway,
        dispatch_uid=f"{prefix}.gateway_deleted",
    )
    user_logged_out.connect(close_sessions_on_logout, dispatch_uid=f"{prefix}.logged_out")
    users = get_user_model()
    post_save.connect(
        close_sessions_of_ended_login, sender=users, dispatch_uid=f"{prefix}.login_ended"
    )
    pre_delete.connect(
        close_sessions_of_deleted_user, sender=users, dispatch_uid=f"{prefix}.user_deleted"
    )


def disconnect_sessions_of_deleted_gateway(sender: type, instance: Any, **kwargs: Any) -> None:
    """Note, in one UPDATE, that sessions of a gateway about to go cannot be reached any more."""
    instance.sessions.filter(connected=True).update(connected=False, updated_on=timezone.now())
