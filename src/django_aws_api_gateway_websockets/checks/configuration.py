"""System checks: what a deployment got wrong, with an id, the reason and what to type instead."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError
from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004

from ..aws.clients import get_region_name
from ..aws.integration_headers import GATEWAY_SECRET_PATTERN
from ..conf import (
    BOOLEAN_DEFAULTS,
    BROADCAST_WORKERS,
    DEFAULTS,
    KNOWN_KEYS,
    OPTIONAL_NUMBERS,
    get_broadcast_price,
    get_broadcast_workers,
    get_local_gateway_address,
    get_websockets_config,
    is_positive_int,
    uses_local_gateway,
)
from ..receiving.invoke import find_async_methods, get_transactional_databases
from ..receiving.routed_views import find_socket_views
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

_APP: Final = "django_aws_api_gateway_websockets"


def register_checks() -> None:
    """Tell Django about the checks; called once the app is ready."""
    register(check_gateway_secret_format, Tags.security)
    register(check_gateway_secret_is_set, Tags.security, deploy=True)
    register(check_websockets_setting, Tags.compatibility)
    register(check_aws_region_is_set, Tags.compatibility, deploy=True)
    register(check_unlisted_channels_are_refused, Tags.security, deploy=True)
    register(check_handlers_are_listed, Tags.security, deploy=True)
    register(check_migration_history, Tags.database)
    register(check_routes_have_the_slug, Tags.urls)
    register(check_runserver_is_ours, Tags.compatibility)
    register(check_async_handlers_have_no_transaction, Tags.async_support)


def check_gateway_secret_format(**kwargs: Any) -> list[CheckMessage]:
    """E001: a secret that could not be sent, or that anybody could guess."""
    configured = get_websockets_config().get("gateway_secret")
    if configured is None:
        return []
    secrets = configured if isinstance(configured, list | tuple) else [configured]
    if secrets and all(
        isinstance(secret, str) and GATEWAY_SECRET_PATTERN.fullmatch(secret) for secret in secrets
    ):
        return []
    return [
        Error(
            'WEBSOCKETS["gateway_secret"] must be 32 or more of the characters '
            "A-Z a-z 0-9 . _ ~ + / = - (or a list of such secrets).",
            hint=(
                'Make one with `python -c "import secrets; print(secrets.token_urlsafe(32))"`. '
                "A secret read from a file often ends in a newline: strip it."
            ),
            id=f"{_APP}.E001",
        )
    ]


def check_gateway_secret_is_set(**kwargs: Any) -> list[CheckMessage]:
    """W001: without a secret, whoever can reach the view can pretend to be API Gateway."""
    if get_websockets_config().get("gateway_secret"):
        return []
    return [
        Warning(
            'WEBSOCKETS["gateway_secret"] is not set, so requests that do not come from your '
            "API Gateway cannot be told from those that do.",
            hint="Set it, then update the integrations of the APIs that exist already.",
            id=f"{_APP}.W001",
        )
    ]


def check_websockets_setting(**kwargs: Any) -> list[CheckMessage]:
    """E002 and W002: values of the wrong kind, and keys nobody reads."""
    configured = getattr(settings, "WEBSOCKETS", None)
    if configured is not None and not isinstance(configured, dict):
        return [
            Error(
                "WEBSOCKETS must be a dictionary.",
                hint='For example: WEBSOCKETS = {"local_gateway": True}.',
                id=f"{_APP}.E002",
            )
        ]
    errors = [Error(text, id=f"{_APP}.E002") for text in _bad_values(get_websockets_config())]
    unknown = sorted(str(key) for key in get_websockets_config() if key not in KNOWN_KEYS)
    warnings = [
        Warning(
            f"WEBSOCKETS has the key {key!r}, which nothing reads.",
            hint=f"The keys are: {', '.join(sorted(KNOWN_KEYS))}.",
            id=f"{_APP}.W002",
        )
        for key in unknown
    ]
    return [*errors, *warnings]


def check_aws_region_is_set(**kwargs: Any) -> list[CheckMessage]:
    """W003: sending needs to know the region, from a setting or from the profile."""
    try:
        get_region_name()
    except BotoCoreError as error:
        reason = f", and AWS_IAM_PROFILE cannot be used: {error}"
    except RuntimeError:
        profile = getattr(settings, "AWS_IAM_PROFILE", None)
        reason = f", and the profile {profile!r} has no region." if profile else "."
    else:
        return []
    return [
        Warning(
            f"Neither AWS_GATEWAY_REGION_NAME nor AWS_REGION_NAME is set{reason}",
            hint='For example: AWS_GATEWAY_REGION_NAME = "eu-west-1".',
            id=f"{_APP}.W003",
        )
    ]


def check_unlisted_channels_are_refused(**kwargs: Any) -> list[CheckMessage]:
    """W004: a channel nobody wrote a rule for is open to whoever names it."""
    open_views = [
        view.view_class for view in find_socket_views() if view.attribute("ALLOW_UNLISTED_CHANNELS")
    ]
    return [
        Warning(
            f"{view_class.__name__} lets clients join every channel that has no ChannelPermission.",
            hint="Set ALLOW_UNLISTED_CHANNELS = False and list the channels, or override "
            "can_join_channel().",
            id=f"{_APP}.W004",
        )
        for view_class in dict.fromkeys(open_views)
    ]


def check_handlers_are_listed(**kwargs: Any) -> list[CheckMessage]:
    """W005: every public method of the view can be called by clients."""
    callable_names: dict[Any, frozenset[str]] = {}
    for view in find_socket_views():
        view_class: Any = view.view_class
        if not view.attribute("ALLOWED_HANDLERS"):
            added = frozenset(view.attribute("ADDITIONAL_ALLOWED_HANDLERS"))
            known = callable_names.get(view_class, view_class.automatic_handlers())
            callable_names[view_class] = known | added
    return [
        Warning(
            f"{view_class.__name__} does not list its handlers, so clients can call: "
            f"{', '.join(sorted(names))}.",
            hint="Set ALLOWED_HANDLERS to the names clients may call.",
            id=f"{_APP}.W005",
        )
        for view_class, names in callable_names.items()
        if names - view_class.BASE_HANDLERS
    ]


def check_routes_have_the_slug(**kwargs: Any) -> list[CheckMessage]:
    """W006: a view that can be sent messages, but never told of a connection."""
    views = find_socket_views()
    with_slug = {view.view_class for view in views if view.has_route_slug}
    return [
        Warning(
            f"{view.view_class.__name__} is routed at '{view.path}' without a slug named 'route', "
            "so it never hears of connects and disconnects.",
            hint=(
                f"Use path('{view.path.rstrip('/')}/<slug:route>', …). If the view serves nothing "
                "but an additional route, add this id to SILENCED_SYSTEM_CHECKS."
            ),
            id=f"{_APP}.W006",
        )
        for view in views
        if view.view_class not in with_slug
    ]


def check_runserver_is_ours(**kwargs: Any) -> list[CheckMessage]:
    """W007: another app's `runserver` would run, and bring up no gateway."""
    names = [config.name for config in apps.get_app_configs()]
    staticfiles = "django.contrib.staticfiles"
    if not uses_local_gateway() or staticfiles not in names:
        return []
    if names.index(_APP) < names.index(staticfiles):
        return []
    return [
        Warning(
            'WEBSOCKETS["local_gateway"] is on, but `runserver` will not start the gateway because '
            f"'{staticfiles}' stands before '{_APP}' in INSTALLED_APPS.",
            hint=f"Move '{_APP}' above '{staticfiles}'.",
            id=f"{_APP}.W007",
        )
    ]


def check_async_handlers_have_no_transaction(**kwargs: Any) -> list[CheckMessage]:
    """W008: `ATOMIC_REQUESTS` is asked for, and cannot be had."""
    if not get_transactional_databases():
        return []
    return [
        Warning(
            f"{view_class.__name__} has async methods, around which ATOMIC_REQUESTS begins no "
            f"transaction: {', '.join(sorted(names))}.",
            hint="Put what belongs together into a function with transaction.atomic(), and call it "
            "through sync_to_async.",
            id=f"{_APP}.W008",
        )
        for view_class in dict.fromkeys(view.view_class for view in find_socket_views())
        if (names := find_async_methods(view_class))
    ]


def _bad_values(config: dict[Any, Any]) -> Iterator[str]:
    yield from _bad_numbers(config)
    for key in BOOLEAN_DEFAULTS:
        if key in config and not isinstance(config[key], bool):
            yield f'WEBSOCKETS["{key}"] must be True or False.'
    workers = config.get("broadcast_workers")
    if workers is not None and get_broadcast_workers() is None:
        names = " or ".join(f'"{name}"' for name in BROADCAST_WORKERS)
        yield f'WEBSOCKETS["broadcast_workers"] must be {names}, or None.'
    yield from _bad_addresses(config)


def _bad_numbers(config: dict[Any, Any]) -> Iterator[str]:
    for key in DEFAULTS:
        if key in config and not is_positive_int(config[key]):
            yield f'WEBSOCKETS["{key}"] must be a whole number from 1 to 100,000,000.'
    for key in OPTIONAL_NUMBERS:
        if config.get(key) is not None and not is_positive_int(config[key]):
            yield f'WEBSOCKETS["{key}"] must be a whole number from 1 to 100,000,000, or None.'
    if config.get("broadcast_price") is not None and get_broadcast_price() is None:
        yield (
            'WEBSOCKETS["broadcast_price"] must be a dict such as '
            '{"currency": "USD", "per_million_units": "1.00"}.'
        )


def _bad_addresses(config: dict[Any, Any]) -> Iterator[str]:
    hosts = config.get("allowed_integration_hosts")
    if hosts is not None and not _is_text_or_texts(hosts):
        yield (
            'WEBSOCKETS["allowed_integration_hosts"] must be a host name or a list of them, '
            "such as ['www.example.com', '*.internal.example.com']."
        )
    if config.get("endpoint_url") is not None and not _is_http_url(config["endpoint_url"]):
        yield 'WEBSOCKETS["endpoint_url"] must be a URL such as "http://127.0.0.1:8001".'
    override = config.get("management_endpoint_url")
    if override is not None and not _is_http_url(_without_placeholders(override)):
        yield (
            'WEBSOCKETS["management_endpoint_url"] must be a URL such as "https://ws.example.com", '
            "in which {api_id} and {stage} may stand."
        )
    try:
        get_local_gateway_address()
    except ValueError as error:
        yield str(error)


def _is_text_or_texts(value: object) -> bool:
    values = value if isinstance(value, list | tuple) else [value]
    return all(isinstance(text, str) and text.strip() for text in values)


def _without_placeholders(value: object) -> object:
    if not isinstance(value, str):
        return value
    return value.replace("{api_id}", "api").replace("{stage}", "stage")


def _is_http_url(value: object) -> bool:
    if not isinstance(value, str) or "{" in value:
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
