"""The row of an additional route of an API, and its part in AWS."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import QuerySet

from .. import deployment
from .exact_text import ExactCharField
from .fields import EndpointURLField
from .gateway import ApiGateway
from .tracked_fields import TracksChanges

__all__ = ["ApiGatewayAdditionalRoute", "delete_route_from_aws"]


class ApiGatewayAdditionalRoute(TracksChanges):
    """An additional route key of an API, and the URL API Gateway calls for it."""

    PUSHED_FIELDS = ("route_key", "integration_url")

    api_gateway = models.ForeignKey(
        ApiGateway,
        on_delete=models.CASCADE,
        related_name="additional_routes",
        verbose_name="API gateway",
    )
    name = models.CharField(max_length=63, help_text="What the route is for.")
    route_key = ExactCharField(
        max_length=64, db_index=True, help_text="The value clients send to select this route."
    )
    integration_url = EndpointURLField(
        "integration URL",
        help_text="The URL API Gateway calls, exactly as it is; nothing is appended.",
    )
    deployed = models.BooleanField(default=False, editable=False)
    route_id = models.CharField(max_length=32, blank=True, default="", editable=False)
    integration_id = models.CharField(max_length=32, blank=True, default="", editable=False)
    created_on = models.DateTimeField(auto_now_add=True)
    updated_on = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "route"
        unique_together: ClassVar = [("api_gateway", "route_key")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse hosts the project does not allow.

        Raises:
            ValidationError: on `integration_url`.
        """
        deployment.validate_integration_host(self.integration_url, "integration_url")

    def save(self, *args: Any, push_to_aws: bool | None = None, **kwargs: Any) -> None:
        """Validate and store the row, and make the route of a deployed API agree with it.

        With `update_fields` only those columns are written, as they are. A new route is created
        at once, a changed one is updated when the transaction commits; inside a transaction all
        routes of an API share one deployment.

        Args:
            args: as in Django.
            push_to_aws: False keeps AWS out of it; None leaves changes, but not new routes, to
                `WEBSOCKETS["push_changes_to_aws"]`.
            kwargs: as in Django.

        Raises:
            ValidationError: a value is invalid, or the key is taken.
            ApiGatewaySyncError: the row is saved and AWS refused, or could not be reached. With
                pushing off, a new route raises what boto3 raised instead.
        """
        written = kwargs.get("update_fields")
        if written is None:
            self.full_clean()
        changed, previous_key = self.changed_fields(), self.remembered_value("route_key")
        super().save(*args, **kwargs)
        self.remember_pushed_values(written)
        if push_to_aws is False or not self.api_gateway.deployment_id:
            return
        pushes = deployment.must_push(push_to_aws)
        if not self.deployed:
            deployment.add_route_of_new_row(self, notes_errors=pushes)
        elif changed & set(changed if written is None else written) and pushes:
            deployment.push_route_after_commit(self, previous_key=previous_key)

    def delete(
        self, *args: Any, push_to_aws: bool | None = None, **kwargs: Any
    ) -> tuple[int, dict[str, int]]:
        """Delete the row and the route in AWS.

        Inside a transaction the route is deleted in AWS after the commit; otherwise it is deleted
        before the row, and the row stays if AWS refuses.

        Args:
            args: as in Django.
            push_to_aws: True tells AWS, False does not, None leaves it to
                `WEBSOCKETS["push_changes_to_aws"]`.
            kwargs: as in Django.

        Raises:
            ApiGatewaySyncError: AWS refused, or could not be reached.
        """
        gateway = self.api_gateway
        if not (self.deployed and gateway.deployment_id and deployment.must_push(push_to_aws)):
            return super().delete(*args, **kwargs)
        if deployment.withdraw_route_before_row(self):
            return super().delete(*args, **kwargs)
        deleted = super().delete(*args, **kwargs)
        deployment.withdraw_route_after_commit(self, deployment.table_of(gateway))
        return deleted

    def create_route(self, client: Any, deploy: bool = True) -> None:  # noqa: FBT001, FBT002 - documented as positional.
        """Create the route in AWS and store its ids; an unsaved row changes in memory only.

        Args:
            client: boto3 client of `apigatewayv2`.
            deploy: make the stage serve it.
        """
        deployment.add_route(self, client, deploy=deploy)

    def update_route(
        self,
        client: Any,
        previous_route_key: str | None = None,
        deploy: bool = True,  # noqa: FBT001, FBT002 - documented as positional.
    ) -> None:
        """Make the route in AWS agree with the row; one that is missing is created.

        Args:
            client: boto3 client of `apigatewayv2`.
            previous_route_key: finds the route when its id is not known.
            deploy: make the stage serve the change.
        """
        deployment.change_route(self, client, previous_key=previous_route_key, deploy=deploy)

    def delete_route(self, client: Any, deploy: bool = True) -> None:  # noqa: FBT001, FBT002 - documented as positional.
        """Delete the route in AWS; nothing happens when it is not there.

        Args:
            client: boto3 client of `apigatewayv2`.
            deploy: make the stage stop serving it.
        """
        deployment.withdraw_route(self, client, deploy=deploy)


def delete_route_from_aws(
    sender: type,
    instance: ApiGatewayAdditionalRoute,
    origin: Any = None,
    using: str | None = None,
    **kwargs: Any,
) -> None:
    """Delete the route of a row in AWS when a queryset of routes was deleted.

    A receiver of `post_delete`. `delete()` of a single route does this itself, and AWS keeps the
    routes of a gateway whose row is deleted.
    """
    starts_from_routes = isinstance(origin, QuerySet) and origin.model is type(instance)
    if starts_from_routes and instance.deployed and deployment.must_push(None):
        deployment.withdraw_route_after_commit(instance, ApiGateway.objects.using(using))
