"""System checks: each names a mistake of a deployment, with an id, the reason and a hint.

A file for each noun that is checked; `registration` tells Django of all of them.
"""

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
from .registration import register_checks
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

__all__ = [
    "check_async_handlers_have_no_transaction",
    "check_attributes_of_views",
    "check_aws_region_is_set",
    "check_broadcasts_are_delivered",
    "check_broadcasts_can_be_queued",
    "check_channels_admit_somebody",
    "check_channels_can_be_named",
    "check_django_reads_headers_as_sent",
    "check_gateway_of_production",
    "check_gateway_secret_format",
    "check_gateway_secret_is_set",
    "check_handlers_are_listed",
    "check_listed_handlers_exist",
    "check_logins_get_to_views",
    "check_messages_need_no_cookie",
    "check_migration_history",
    "check_patterns_do_not_overlap",
    "check_relay_has_run",
    "check_routes_are_reached",
    "check_routes_have_the_slug",
    "check_runserver_is_ours",
    "check_tokens_can_be_fetched",
    "check_unlisted_channels_are_refused",
    "check_websockets_setting",
    "register_checks",
]
