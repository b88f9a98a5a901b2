"""The row of an API, and the parts of its life in AWS that saving and deleting it touch."""

import re
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final

from django.core.exceptions import ValidationError
from django.db import models, router
from django.http import HttpRequest
from django.utils import timezone

from .. import deployment
from .channel_link import channel_link
from .exact_text import ExactCharField
from .fields import HOSTNAME_PATTERN, EndpointURLField
from .tracked_fields import TracksChanges

__all__ = ["ApiGateway", "disconnect_sessions_of_deleted_gateway", "run_aws_after_commit"]

_API_NAME: Final = re.compile(r"[A-Za-z0-9 _-]+")


class ApiGateway(TracksChanges):
    """One WebSocket API of API Gateway, and the progress of its creation."""

    DEFAULT_STAGE_NAME: ClassVar[str] = "production"
    PUSHED_FIELDS = deployment.SYNCED_GATEWAY_FIELDS
    ProvisioningStatus = deployment.ProvisioningStatus

    api_name = models.CharField(
        "API name",
        max_length=255,
        unique=True,
        help_text="Name shown in AWS: letters, digits, spaces, hyphens and underscores.",
    )
    api_description = models.CharField("API description", max_length=255, blank=True, default="")
    default_channel_name = ExactCharField(
        max_length=128,
        blank=True,
        default="",
        help_text="Channel of a connection that names none.",
    )
    domain_name = models.CharField(
        max_length=255,
        blank=True,
        default="",
        help_text="Custom domain clients connect to, such as ws.example.com.",
    )
    target_base_endpoint = EndpointURLField(
        null=True,
        blank=True,
        default=None,
        help_text=(
            "Address of the WebSocketView up to, but without, the route: "
            "https://www.example.com/ws/ where the view is routed at ws/ and the route."
        ),
    )
    certificate_arn = models.CharField(
        "certificate ARN",
        max_length=255,
        blank=True,
        default="",
        help_text="ARN of the ACM certificate for the custom domain.",
    )
    hosted_zone_id = models.CharField(
        max_length=32,
        blank=True,
        default="",
        help_text="Id of the Route 53 hosted zone; handed on to AWS, no DNS record is made.",
    )
    api_key_selection_expression = models.CharField(
        "API key selection expression", max_length=255, default="$request.header.x-api-key"
    )
    route_selection_expression = models.CharField(max_length=255, default="$request.body.action")
    route_key = models.CharField(max_length=255, default="$default")
    stage_name = models.CharField(max_length=63, blank=True, default=DEFAULT_STAGE_NAME)
    stage_description = models.CharField(max_length=63, blank=True, default="")
    deployment_id = models.CharField(max_length=32, blank=True, default="", editable=False)
    tags = models.JSONField(
        blank=True, default=dict, help_text="An object that maps the name of each tag to its value."
    )
    api_id = ExactCharField(
        "API id",
        max_length=32,
        blank=True,
        default="",
        help_text="Given by AWS; enter it by hand only to register an API that exists already.",
    )
    api_endpoint = models.CharField(
        "API endpoint", max_length=255, blank=True, default="", help_text="Given by AWS."
    )
    api_gateway_domain_name = models.CharField(
        "API gateway domain name",
        max_length=255,
        blank=True,
        default="",
        help_text="Given by AWS: the target of the custom domain's CNAME record.",
    )
    api_mapping_id = models.CharField(
        "API mapping id", max_length=128, blank=True, default="", help_text="Given by AWS."
    )
    has_route_responses = models.BooleanField(
        default=False,
        db_default=False,
        help_text=(
            "Whether clients get the response to a message as a reply: the routes of the API have "
            "route responses."
        ),
    )
    api_created = models.BooleanField("API created", default=False, editable=False)
    custom_domain_created = models.BooleanField(default=False, editable=False)
    provisioning_status = models.CharField(
        max_length=16,
        choices=ProvisioningStatus.choices,
        default=ProvisioningStatus.PENDING,
        help_text="How far the creation in AWS has got; correct it only after a failed run.",
    )
    last_error = models.CharField(max_length=255, blank=True, default="", editable=False)
    created_on = models.DateTimeField(auto_now_add=True)
    updated_on = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "API gateway"
        indexes: ClassVar = [
            models.Index(fields=["api_id"], name="django_aws__api_id_0da7ec_idx"),
            models.Index(fields=["domain_name"], name="django_aws__domain__3b4423_idx"),
            models.Index(fields=["custom_domain_created"], name="django_aws__custom__5e8390_idx"),
            models.Index(fields=["api_created"], name="django_aws__api_cre_376add_idx"),
            models.Index(fields=["created_on"], name="django_aws__created_32cf2a_idx"),
        ]

    def __str__(self) -> str:
        return self.api_name

    def clean(self) -> None:
        """Refuse names AWS would refuse and hosts the project does not allow.

        Raises:
            ValidationError: keyed by field.
        """
        deployment.validate_integration_host(self.target_base_endpoint, "target_base_endpoint")
        if self.domain_name and not HOSTNAME_PATTERN.fullmatch(self.domain_name):
            raise ValidationError(
                {"domain_name": "Enter a host name such as ws.example.com, without wss://."}
            )
        if self.api_name and not _API_NAME.fullmatch(self.api_name):
            raise ValidationError(
                {"api_name": "Use letters, digits, spaces, hyphens and underscores only."}
            )

    def save(self, *args: Any, push_to_aws: bool | None = None, **kwargs: Any) -> None:
        """Validate and store the row, and tell AWS what changed about a deployed API.

        With `update_fields` only those columns are written, as they are, and AWS is not told.
        A blank stage name becomes `production`, and an endpoint without a final slash gets one,
        because route names are appended to it. AWS gets the change when the transaction
        commits, or now if none is open.

        Args:
            args: as in Django.
            push_to_aws: True tells AWS, False does not, None leaves it to
                `WEBSOCKETS["push_changes_to_aws"]`.
            kwargs: as in Django.

        Raises:
            ValidationError: a value is invalid, or the name is taken.
            ApiGatewaySyncError: the row is saved and AWS refused, or could not be reached.
        """
        if kwargs.get("update_fields") is not None:
            super().save(*args, **kwargs)
            return
        self.stage_name = self.stage
        self.full_clean()
        if self.target_base_endpoint and not self.target_base_endpoint.endswith("/"):
            self.target_base_endpoint += "/"
        changed = self.changed_fields()
        super().save(*args, **kwargs)
        self.remember_pushed_values()
        if changed and self.is_deployed and deployment.must_push(push_to_aws):
            deployment.push_columns_after_commit(self, changed)

    @property
    def stage(self) -> str:
        """Name of the stage clients connect to; a blank one stands for the default."""
        return self.stage_name or self.DEFAULT_STAGE_NAME

    @property
    def is_deployed(self) -> bool:
        """True when clients can connect: the API exists and a stage serves it."""
        return bool(self.api_created and self.api_id and self.deployment_id)

    @property
    def effective_provisioning_status(self) -> str:
        """The stored status, or the one a row must have that never went through our creation."""
        status = self.ProvisioningStatus
        if self.provisioning_status != status.PENDING or not self.api_created:
            return self.provisioning_status
        return status.MAPPED if self.custom_domain_created else status.DEPLOYED

    @property
    def needs_api_creation(self) -> bool:
        """True while `create_gateway()` has something left to do."""
        status = self.ProvisioningStatus
        return self.effective_provisioning_status not in {
            status.DEPLOYED,
            status.DOMAIN_CREATED,
            status.MAPPED,
        }

    @property
    def needs_custom_domain(self) -> bool:
        """True while the API is complete and its custom domain is not."""
        status = self.ProvisioningStatus
        return self.effective_provisioning_status in {status.DEPLOYED, status.DOMAIN_CREATED}

    def create_gateway(self) -> bool:
        """Create the API with its routes, stage and deployment, or finish a run that stopped.

        Returns:
            True when it created or finished something, False when the API was complete.

        Raises:
            ValueError: `target_base_endpoint` is missing, or another run is at work.
            ValidationError: the record is new and invalid.
            botocore.exceptions.ClientError: AWS refused a step; its kind is kept in `last_error`.
        """
        return deployment.create_gateway(self)

    def create_custom_domain(self) -> None:
        """Give the API its custom domain, or finish a run that stopped.

        A domain name and a mapping that exist already in the account are taken as they are.

        Raises:
            ValueError: the API is not complete, or `domain_name` or `certificate_arn` is missing.
            botocore.exceptions.ClientError: AWS refused a step; its kind is kept in `last_error`.
        """
        deployment.create_custom_domain(self)

    def deploy_api(self, client: Any) -> None:
        """Make the stage serve the API as it is now; `deployment_id` is set in memory only.

        Args:
            client: boto3 client of `apigatewayv2`.
        """
        self.deployment_id = deployment.create_deployment(
            client, self.api_id, stage_name=self.stage, description=self.stage_description
        )

    def sync_to_aws(self, client: Any = None, fields: Iterable[str] | None = None) -> list[str]:
        """Make the API in AWS agree with this row and its routes.

        Args:
            client: boto3 client of `apigatewayv2`; None takes the project's.
            fields: the columns to push without comparing; None compares everything.

        Returns:
            A sentence for each change; an empty list when both agree.

        Raises:
            ValueError: the API is not deployed.
            ApiGatewaySyncError: AWS refused, or could not be reached.
        """
        return deployment.push_gateway(self, client, fields)

    def sync_from_aws(self, client: Any = None) -> list[str]:
        """Take AWS's values over into this row and its routes; nothing is deleted.

        Args:
            client: boto3 client of `apigatewayv2`; None takes the project's.

        Returns:
            A sentence for each change and each value that could not be taken over.

        Raises:
            ValueError: the API is not deployed.
            ApiGatewaySyncError: AWS refused, or could not be reached.
        """
        return deployment.pull_gateway(self, client)

    def websocket_url(self, request: HttpRequest | None = None) -> str:
        """Return the address browsers connect to, without query; "" while the API does not exist.

        Args:
            request: of the page. The local gateway is then addressed by the host name the page
                was opened with, since browsers keep cookies by host name.
        """
        return deployment.websocket_url(self, request)


def run_aws_after_commit(operation: Callable[[], None], *, using: str | None = None) -> None:
    """Run `operation` now when no transaction is open, else when it is committed.

    Args:
        operation: raises `ApiGatewaySyncError` when AWS does not do its part.
        using: alias of the database; None takes the one gateways are written to.
    """
    deployment.run_after_commit(operation, using or router.db_for_write(ApiGateway))


def disconnect_sessions_of_deleted_gateway(sender: type, instance: Any, **kwargs: Any) -> None:
    """Mark the sessions of a gateway disconnected before it is deleted, in one UPDATE.

    A receiver of `pre_delete`.
    """
    open_sessions = instance.sessions.filter(connected=True)
    link = channel_link()
    wanted = link.wants_closed()
    closed = list(open_sessions.values_list("connection_id", flat=True)) if wanted else []
    open_sessions.update(connected=False, updated_on=timezone.now())
    if closed:
        link.note_closed(closed)
