"""Checks of the settings `WEBSOCKETS` and `INSTALLED_APPS`."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - the name Django gives it.

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

__all__ = ["check_runserver_is_ours", "check_websockets_setting"]

_APP: Final = "django_aws_api_gateway_websockets"


def check_websockets_setting(**kwargs: Any) -> list[CheckMessage]:
    """Report E002 and W002: values of the wrong kind, and keys that nothing reads."""
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


def check_runserver_is_ours(**kwargs: Any) -> list[CheckMessage]:
    """Report W007: another app's `runserver` would run, and start no gateway."""
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
