from typing import Any, ClassVar

from django.db import models

from .. import deployment
from ..aws.clients import client_for
from .fields import EndpointURLField
from .gateway import ApiGateway
from .remembered import RemembersValues


class ApiGatewayAdditionalRoute(RemembersValues):
    """A further route key of an API, and the URL API Gateway calls for it."""

    PUSHED_FIELDS = ("route_key", "integration_url")

    api_gateway = models.ForeignKey(
        ApiGateway, on_delete=models.CASCADE, related_name="additional_routes"
    )
    name = models.CharField(max_length=63, help_text="What the route is for.")
    route_key = models.CharField(
        max_length=64, db_index=True, help_text="The value clients send to select this route."
    )
    integration_url = EndpointURLField(
        help_text="The URL API Gateway calls, exactly as it is; nothing is appended."
    )
    deployed = models.BooleanField(default=False, editable=False)
    route_id = models.CharField(max_length=32, blank=True, default="", editable=False)
    integration_id = models.CharField(max_length=32, blank=True, default="", editable=False)
    created_on = models.DateTimeField(auto_now_add=True)
    updated_on = models.DateTimeField(auto_now=True)

    class Meta:
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
        """Validate and store the row, and make the route of a deployed API what the row says.

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
        pushes = deployment.pushes(push_to_aws)
        if not self.deployed:
            deployment.create_route_at_once(self, client_for, notes_errors=pushes)
        elif changed & set(changed if written is None else written) and pushes:
            deployment.push_route(self, client_for, previous_key=previous_key)

    def delete(
        self, *args: Any, push_to_aws: bool | None = None, **kwargs: Any
    ) -> tuple[int, dict[str, int]]:
        """Delete the row and the route in AWS.

        Inside a transaction the route goes when it commits; otherwise it goes first, and the row
        stays if AWS refuses.

        Args:
            args: as in Django.
            push_to_aws: whether AWS is told; None leaves it to
                `WEBSOCKETS["push_changes_to_aws"]`.
            kwargs: as in Django.

        Raises:
            ApiGatewaySyncError: AWS refused, or could not be reached.
        """
        gateway = self.api_gateway
        if not (self.deployed and gateway.deployment_id and deployment.pushes(push_to_aws)):
            return super().delete(*args, **kwargs)
        if deployment.delete_route_before_row(self, client_for):
            return super().delete(*args, **kwargs)
        deleted = super().delete(*args, **kwargs)
        gateways = ApiGateway.objects.using(deployment.alias_of(gateway))
        deployment.delete_route_later(self, gateways, client_for)
        return deleted

    def create_route(self, client: Any, deploy: bool = True) -> None:  # noqa: FBT001, FBT002 - documented as positional.
        """Create the route in AWS and note its ids; an unsaved row changes in memory only.

        Args:
            client: boto3 client of `apigatewayv2`.
            deploy: make the stage serve it.
        """
        deployment.create_route(self, client, deploy=deploy)

    def update_route(
        self,
        client: Any,
        previous_route_key: str | None = None,
        deploy: bool = True,  # noqa: FBT001, FBT002 - documented as positional.
    ) -> None:
        """Bring the route in AWS to what the row says; one that is missing is created.

        Args:
            client: boto3 client of `apigatewayv2`.
            previous_route_key: finds the route when its id is not known.
            deploy: make the stage serve the change.
        """
        deployment.update_route(self, client, previous_key=previous_route_key, deploy=deploy)

    def delete_route(self, client: Any, deploy: bool = True) -> None:  # noqa: FBT001, FBT002 - documented as positional.
        """Remove the route from AWS; nothing happens when it is not there.

        Args:
            client: boto3 client of `apigatewayv2`.
            deploy: make the stage stop serving it.
        """
        deployment.delete_route(self, client, deploy=deploy)
