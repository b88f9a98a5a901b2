"""System checks: each names a mistake of a deployment, with an id, the reason and a hint.

A file for each noun that is checked; `registration` tells Django of all of them.
"""

from .aws import check_aws_region_is_set, check_gateway_secret_format, check_gateway_secret_is_set
from .channels import (
    check_channels_admit_somebody,
    check_patterns_do_not_overlap,
    check_relay_has_run,
)
from .cookies import check_messages_need_no_cookie
from .django_versions import check_django_reads_headers_as_sent
from .migration_history import check_migration_history
from .registration import register_checks
from .settings import check_runserver_is_ours, check_websockets_setting
from .views import (
    check_async_handlers_have_no_transaction,
    check_handlers_are_listed,
    check_routes_are_reached,
    check_routes_have_the_slug,
    check_unlisted_channels_are_refused,
)

__all__ = [
    "check_async_handlers_have_no_transaction",
    "check_aws_region_is_set",
    "check_channels_admit_somebody",
    "check_django_reads_headers_as_sent",
    "check_gateway_secret_format",
    "check_gateway_secret_is_set",
    "check_handlers_are_listed",
    "check_messages_need_no_cookie",
    "check_migration_history",
    "check_patterns_do_not_overlap",
    "check_relay_has_run",
    "check_routes_are_reached",
    "check_routes_have_the_slug",
    "check_runserver_is_ours",
    "check_unlisted_channels_are_refused",
    "check_websockets_setting",
    "register_checks",
]
