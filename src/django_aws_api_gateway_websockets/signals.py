"""The signals of the package, and the receivers of Django's signals that it needs.

Receivers stand in `models`, those of deletions beside the model and those of logins in `login_end`,
and in `channels`, for rights that end.
"""

from typing import Any, Final

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.core.signals import request_finished
from django.db.models.signals import class_prepared, post_delete, post_save, pre_delete

from .models.lifecycle import (
    connected,
    disconnected,
    joined,
    left,
    occupied,
    subscribed,
    unsubscribed,
    vacated,
)

__all__ = [
    "connect_receivers",
    "connected",
    "disconnected",
    "joined",
    "left",
    "occupied",
    "subscribed",
    "unsubscribed",
    "vacated",
]

_PREFIX: Final = "django_aws_api_gateway_websockets"


def connect_receivers() -> None:
    """Subscribe the receivers; safe to call twice."""
    from .channels.right_changes import connect_right_changes
    from .models import (
        ApiGateway,
        ApiGatewayAdditionalRoute,
        close_sessions_on_logout,
        delete_route_from_aws,
        disconnect_sessions_of_deleted_gateway,
    )
    from .models.login import remember_cleared_logins
    from .models.login_end import (
        close_sessions_of_replaced_login,
        close_sessions_of_this_logout_again,
    )

    remember_cleared_logins()
    pre_delete.connect(
        disconnect_sessions_of_deleted_gateway,
        sender=ApiGateway,
        dispatch_uid=f"{_PREFIX}.gateway_deleted",
    )
    post_delete.connect(
        delete_route_from_aws,
        sender=ApiGatewayAdditionalRoute,
        dispatch_uid=f"{_PREFIX}.route_deleted",
    )
    user_logged_out.connect(close_sessions_on_logout, dispatch_uid=f"{_PREFIX}.logged_out")
    request_finished.connect(
        close_sessions_of_this_logout_again, dispatch_uid=f"{_PREFIX}.logged_out_again"
    )
    user_logged_in.connect(
        close_sessions_of_replaced_login, dispatch_uid=f"{_PREFIX}.login_replaced"
    )
    connect_right_changes()
    for model in apps.get_models():
        _watch_users(model)
    # A model that is defined later may store users, too.
    class_prepared.connect(_watch_users, dispatch_uid=f"{_PREFIX}.model_defined")


def _watch_users(sender: Any, **kwargs: Any) -> None:
    """Subscribe to the changes of a model through which users are saved or deleted.

    Each model is named as a sender: with a receiver for all models, Django would load the rows of
    every queryset the project deletes.
    """
    from .models.login_end import close_sessions_of_deleted_user, close_sessions_of_ended_login

    users = get_user_model()._meta.concrete_model
    if users is None or not issubclass(sender, users):
        return
    post_save.connect(
        close_sessions_of_ended_login, sender=sender, dispatch_uid=f"{_PREFIX}.login_ended"
    )
    # A row that extends a user's row is deleted with it, and the user's row sends its own signal.
    if sender._meta.concrete_model is users:
        pre_delete.connect(
            close_sessions_of_deleted_user, sender=sender, dispatch_uid=f"{_PREFIX}.user_deleted"
        )
