"""The rows as this folder sees them: Protocols, so that it imports no model.

`ApiGateway` and `ApiGatewayAdditionalRoute` satisfy them; the type checker compares the two where
the models call in.
"""

from typing import Any, Protocol

from django.db import models, router

__all__ = ["GatewayRow", "RouteRow", "Row", "alias_of", "table_of"]


class Row(Protocol):
    """A row of any table."""

    pk: Any


class RouteRows(Protocol):
    """The manager of the additional routes of one API."""

    @property
    def model(self) -> Any:
        """Class of the rows."""

    def filter(self, **conditions: Any) -> "models.QuerySet[Any]":
        """Return the rows that meet the conditions."""

    def order_by(self, *columns: str) -> "models.QuerySet[Any]":
        """Return the rows in this order."""

    def values_list(self, *columns: str) -> "models.QuerySet[Any, Any]":
        """Return these columns of the rows."""

    def bulk_create(self, objs: list[Any]) -> list[Any]:
        """Insert rows without calling their `save()`."""


class GatewayRow(Row, Protocol):
    """The row of an API: the API as it is wanted, and the progress of its creation."""

    api_name: str
    api_description: str
    target_base_endpoint: str | None
    has_route_responses: bool
    api_key_selection_expression: str
    route_selection_expression: str
    route_key: str
    stage_description: str
    domain_name: str
    certificate_arn: str
    hosted_zone_id: str

    api_id: str
    api_endpoint: str
    deployment_id: str
    custom_domain_created: bool
    provisioning_status: str
    last_error: str

    @property
    def stage(self) -> str:
        """Name of the stage."""

    @property
    def is_deployed(self) -> bool:
        """True when the API exists and a stage serves it."""

    @property
    def effective_provisioning_status(self) -> str:
        """The stored status, or the one of a row that was registered by hand."""

    @property
    def needs_api_creation(self) -> bool:
        """True until the API is complete."""

    @property
    def needs_custom_domain(self) -> bool:
        """True while the API is complete and its custom domain is not."""

    @property
    def additional_routes(self) -> RouteRows:
        """Rows of its additional routes."""

    def save(self, *, update_fields: list[str] | None = None) -> None:
        """Validate and store the row, or store these columns as they are."""

    def deploy_api(self, client: Any) -> None:
        """Make the stage serve the API as it is now, and set `deployment_id` in memory."""

    def remember_pushed_values(self) -> None:
        """Take the present values of the columns for the ones AWS has."""


class RouteRow(Row, Protocol):
    """The row of an additional route."""

    route_key: str
    integration_url: str
    route_id: str
    integration_id: str
    deployed: bool
    api_gateway_id: int

    @property
    def api_gateway(self) -> GatewayRow:
        """The row of its API."""


def alias_of(row: Row) -> str:
    """Return the alias of the database this row is written to."""
    model: Any = type(row)
    return router.db_for_write(model, instance=row)


def table_of(row: Row) -> "models.QuerySet[Any]":
    """Return all rows of this row's table, in the database the row is written to."""
    model: Any = type(row)
    rows: models.QuerySet[Any] = model._default_manager.using(alias_of(row))
    return rows
