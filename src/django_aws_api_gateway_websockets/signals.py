"""Which of Django's signals the package listens to."""

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import post_delete, post_save, pre_delete

__all__ = ["connect_receivers"]


def connect_receivers() -> None:
    """Subscribe the receivers; safe to call twice."""
    from .models import ApiGateway, ApiGatewayAdditionalRoute
    from .models.deletions import delete_route_from_aws, disconnect_sessions_of_deleted_gateway
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
    post_delete.connect(
        delete_route_from_aws,
        sender=ApiGatewayAdditionalRoute,
        dispatch_uid=f"{prefix}.route_deleted",
    )
    user_logged_out.connect(close_sessions_on_logout, dispatch_uid=f"{prefix}.logged_out")
    users = get_user_model()
    post_save.connect(
        close_sessions_of_ended_login, sender=users, dispatch_uid=f"{prefix}.login_ended"
    )
    pre_delete.connect(
        close_sessions_of_deleted_user, sender=users, dispatch_uid=f"{prefix}.user_deleted"
    )
