"""System checks: each tells what a deployment got wrong, with an id, the reason and a hint."""

from .configuration import (
    check_async_handlers_have_no_transaction,
    check_aws_region_is_set,
    check_gateway_secret_format,
    check_gateway_secret_is_set,
    check_handlers_are_listed,
    check_routes_have_the_slug,
    check_runserver_is_ours,
    check_unlisted_channels_are_refused,
    check_websockets_setting,
    register_checks,
)
from .migration_history import check_migration_history

__all__ = [
    "check_async_handlers_have_no_transaction",
    "check_aws_region_is_set",
    "check_gateway_secret_format",
    "check_gateway_secret_is_set",
    "check_handlers_are_listed",
    "check_migration_history",
    "check_routes_have_the_slug",
    "check_runserver_is_ours",
    "check_unlisted_channels_are_refused",
    "check_websockets_setting",
    "register_checks",
]
