"""What deleting rows means for sessions and for AWS."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from .. import deployment
from ..aws.clients import client_for
from .gateway import ApiGateway
from .route import ApiGatewayAdditionalRoute

__all__ = ["delete_route_from_aws", "disconnect_sessions_of_deleted_gateway"]


def disconnect_sessions_of_deleted_gateway(sender: type, instance: Any, **kwargs: Any) -> None:
    """Note, in one UPDATE, that sessions of a gateway about to go cannot be reached any more."""
    instance.sessions.filter(connected=True).update(connected=False, updated_on=timezone.now())


def delete_route_from_aws(
    sender: type, instance: ApiGatewayAdditionalRoute, using: str, origin: Any = None, **kwargs: Any
) -> None:
    """Receiver of `post_delete`: a queryset of routes was deleted, so they go in AWS as well.

    `delete()` of a single route sees to it itself, and AWS keeps the routes of a gateway whose row
    is deleted.
    """
    starts_from_routes = isinstance(origin, QuerySet) and origin.model is type(instance)
    if starts_from_routes and instance.deployed and deployment.pushes(None):
        gateways = ApiGateway.objects.using(using)
        deployment.delete_route_later(instance, gateways, client_for)
