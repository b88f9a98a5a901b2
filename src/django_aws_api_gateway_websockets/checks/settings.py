"""Checks of the settings `WEBSOCKETS` and `INSTALLED_APPS`."""

import importlib
import importlib.util
import os
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - the name Django gives it.
from django.core.management import find_commands

from ..conf import (
    BOOLEAN_DEFAULTS,
    BROADCAST_WORKERS,
    KNOWN_KEYS,
    NUMBER_DEFAULTS,
    OPTIONAL_NUMBERS,
    get_broadcast_price,
    get_broadcast_workers,
    get_local_gateway_address,
    get_websockets_config,
    is_positive_int,
    uses_local_gateway,
)
from ..core.authority import read_url_authority

__all__ = [
    "check_broadcasts_are_delivered",
    "check_broadcasts_can_be_queued",
    "check_runserver_is_ours",
    "check_websockets_setting",
]

_APP: Final = "django_aws_api_gateway_websockets"


def check_websockets_setting(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
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
    warnings = [
        Warning(text, hint=hint, id=f"{_APP}.W002")
        for text, hint in (*_explain_unread_keys(), *_explain_misspelt_setting())
    ]
    return [*errors, *warnings]


def _explain_unread_keys() -> Iterator[tuple[str, str]]:
    keys = ", ".join(sorted(KNOWN_KEYS))
    for key in sorted(str(key) for key in get_websockets_config() if key not in KNOWN_KEYS):
        hint = f"{_guess(key, KNOWN_KEYS)}The keys are: {keys}."
        yield f"WEBSOCKETS has the key {key!r}, which nothing reads.", hint


def _explain_misspelt_setting() -> Iterator[tuple[str, str]]:
    if hasattr(settings, "WEBSOCKETS"):
        return
    for name in ("WEBSOCKET", "WEB_SOCKETS", "WEBSOCKETS_CONFIG", "WEBSOCKET_SETTINGS"):
        if hasattr(settings, name):
            text = f"The settings have {name}, which nothing reads, and no WEBSOCKETS."
            yield text, "Name it WEBSOCKETS."


def _guess(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"Did you mean {close[0]!r}? " if close else ""


def check_runserver_is_ours(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report W007: another app's `runserver` would run, and start no gateway."""
    if not uses_local_gateway():
        return []
    provider = _find_runserver_app()
    if provider in {None, _APP} or _builds_on_ours(str(provider)):
        return []
    return [
        Warning(
            'WEBSOCKETS["local_gateway"] is on, but `runserver` will not start the gateway because '
            f"the one of '{provider}', which stands before '{_APP}' in INSTALLED_APPS, runs.",
            hint=f"Move '{_APP}' above '{provider}', whose `runserver` it then builds on; or start "
            "the gateway beside it with `manage.py runwebsocketgateway`.",
            id=f"{_APP}.W007",
        )
    ]


def check_gateway_of_production(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report W024: a deployment is to use the gateway of a developer's machine."""
    if not uses_local_gateway() or settings.DEBUG:
        return []
    return [
        Warning(
            'WEBSOCKETS["local_gateway"] is on while DEBUG is off: messages go to a gateway on '
            "this machine, and none to AWS.",
            hint='Take "local_gateway" out of WEBSOCKETS where Django is deployed, and set '
            "AWS_GATEWAY_REGION_NAME; a gateway of your own on a server has its address in "
            '"endpoint_url".',
            id=f"{_APP}.W024",
        )
    ]


def check_broadcasts_can_be_queued(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report E007: broadcasts are to be queued in what is not installed."""
    name = get_broadcast_workers()
    if name is None:
        return []
    modules, package = _QUEUES[name]
    if any(_is_installed(module) for module in modules):
        return []
    return [
        Error(
            f'WEBSOCKETS["broadcast_workers"] is {name!r}, and {package} is not '
            "installed: no worker would hear of a broadcast.",
            hint=f"Install it: pip install {package}. Or leave the setting out, and run `manage.py "
            "deliverWebSocketBroadcasts`.",
            id=f"{_APP}.E007",
        )
    ]


def check_broadcasts_are_delivered(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Report W023: broadcasts go into a queue of Django's that only notes what it is given."""
    queues = getattr(settings, "TASKS", None)
    default = queues.get("default") if isinstance(queues, dict) else None
    backend = default.get("BACKEND") if isinstance(default, dict) else None
    if get_broadcast_workers() != "tasks" or not str(backend).endswith(".DummyBackend"):
        return []
    return [
        Warning(
            f"Queued broadcasts are tasks of {backend}, which runs none.",
            hint="Choose a backend in TASKS that has workers, or run `manage.py "
            "deliverWebSocketBroadcasts` with cron.",
            id=f"{_APP}.W023",
        )
    ]


_QUEUES: Final = {
    "celery": (("celery",), "celery"),
    "tasks": (("django.tasks", "django_tasks"), "django-tasks"),
}
"""Modules of each queue of `conf.BROADCAST_WORKERS`, one of which is enough, and its package."""


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _find_runserver_app() -> str | None:
    """Return the name of the app whose `runserver` Django takes: the first that has one."""
    for config in apps.get_app_configs():
        if "runserver" in find_commands(os.path.join(config.path, "management")):  # noqa: PTH118 - as Django calls it.
            return config.name
    return None


def _builds_on_ours(app: str) -> bool:
    """Tell whether an app's `runserver` is ours with additions, so that the gateway is started."""
    try:
        command = importlib.import_module(f"{app}.management.commands.runserver").Command
    except Exception:  # noqa: BLE001 - whatever it raises, Django will raise it as well.
        return False
    ours = f"{_APP}.management.commands.runserver"
    return any(base.__module__ == ours for base in command.__mro__)


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
    for key in NUMBER_DEFAULTS:
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
    is_http = value.lower().startswith(("http://", "https://"))
    return is_http and read_url_authority(value) is not None
