"""The registration of the checks: the tag of each, and whether only `check --deploy` runs it."""

from django.core.checks import Tags, register

from .attributes import (
    check_attributes_of_views,
    check_listed_handlers_exist,
    check_logins_get_to_views,
    check_tokens_can_be_fetched,
)
from .aws import check_aws_region_is_set, check_gateway_secret_format, check_gateway_secret_is_set
from .channels import (
    check_channels_admit_somebody,
    check_channels_can_be_named,
    check_patterns_do_not_overlap,
    check_relay_has_run,
)
from .cookies import check_messages_need_no_cookie
from .django_versions import check_django_reads_headers_as_sent
from .migration_history import check_migration_history
from .settings import (
    check_broadcasts_are_delivered,
    check_broadcasts_can_be_queued,
    check_gateway_of_production,
    check_runserver_is_ours,
    check_websockets_setting,
)
from .views import (
    check_async_handlers_have_no_transaction,
    check_handlers_are_listed,
    check_routes_are_reached,
    check_routes_have_the_slug,
    check_unlisted_channels_are_refused,
)

__all__ = ["register_checks"]


def register_checks() -> None:
    """Register the checks with Django; the app calls this once it is ready."""
    register(check_gateway_secret_format, Tags.security)
    register(check_gateway_secret_is_set, Tags.security, deploy=True)
    register(check_websockets_setting, Tags.compatibility)
    register(check_aws_region_is_set, Tags.compatibility, deploy=True)
    register(check_unlisted_channels_are_refused, Tags.security, deploy=True)
    register(check_handlers_are_listed, Tags.security, deploy=True)
    register(check_migration_history, Tags.database)
    register(check_routes_have_the_slug, Tags.urls)
    register(check_routes_are_reached, Tags.urls)
    register(check_runserver_is_ours, Tags.compatibility)
    register(check_async_handlers_have_no_transaction, Tags.async_support)
    register(check_messages_need_no_cookie, Tags.security)
    register(check_django_reads_headers_as_sent, Tags.security)
    register(check_patterns_do_not_overlap, Tags.compatibility)
    register(check_channels_admit_somebody, Tags.compatibility)
    register(check_relay_has_run, Tags.database)
    register(check_attributes_of_views, Tags.urls)
    register(check_listed_handlers_exist, Tags.urls)
    register(check_logins_get_to_views, Tags.security)
    register(check_tokens_can_be_fetched, Tags.urls)
    register(check_channels_can_be_named, Tags.compatibility)
    register(check_broadcasts_can_be_queued, Tags.compatibility)
    register(check_broadcasts_are_delivered, Tags.compatibility, deploy=True)
    register(check_gateway_of_production, Tags.compatibility, deploy=True)
