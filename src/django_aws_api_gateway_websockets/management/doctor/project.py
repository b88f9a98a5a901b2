"""Hops of the project itself: its settings, its database, its migrations, its records."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.apps import apps
from django.core.checks import ERROR, WARNING, CheckMessage, Tags
from django.core.checks.registry import registry
from django.db import Error, connections, router
from django.db.migrations.executor import MigrationExecutor

from ...checks import check_migration_history
from ...conf import uses_local_gateway
from ...models import ApiGateway, ApiGatewayAdditionalRoute
from ...receiving.called_paths import explain_base_path, find_called_paths
from ...receiving.routed_views import find_socket_views
from ..project_apis import path_of
from .case import Case
from .finding import Finding, Sign, broken, warning, well
from .hop import PROMPT_SECONDS, Hop

__all__ = ["HOPS"]

_PACKAGE: Final = "django_aws_api_gateway_websockets"
_NEEDED_APPS: Final = (_PACKAGE, "auth", "contenttypes", "sessions")
_MOST_NAMES: Final = 3


def look_at_settings(case: Case) -> Finding:
    """Run the package's own system checks that need no database."""
    found = [message for message in _run_own_checks() if not message.is_silenced()]
    serious = [message for message in found if message.level >= ERROR]
    remarks = [message for message in found if message.level >= WARNING]
    if not remarks:
        return well("The system checks of the package have nothing to say.")
    first = (serious or remarks)[0]
    others = len(remarks) - 1
    more = f" `manage.py check` has {others} more." if others else ""
    number = str(first.id).rpartition(".")[2]
    text = f"{number}: {first.msg}{more}"
    page = f"docs/reference/checks.md#{number.lower()}"
    if serious:
        return broken(text, first.hint or "Correct the setting it names.", page)
    return Finding(sign=Sign.WARNING, text=text, fix=first.hint or "", page=page)


def look_at_database(case: Case) -> Finding:
    """Open the database that has the package's tables."""
    alias = router.db_for_write(ApiGateway)
    connection = connections[alias]
    kind = f"{alias!r} ({connection.vendor})"
    server = _server_of(connection.settings_dict)
    if server and (reason := _refusal_of(*server)):
        return broken(
            f"The database {kind} cannot be reached: {reason} at {server[0]}:{server[1]}.",
            f"Start its server, or correct HOST and PORT of DATABASES[{alias!r}].",
        )
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except Error as error:
        said = " ".join(str(error).split())
        return broken(
            f"The database {kind} cannot be used: {said}.",
            f"Correct DATABASES[{alias!r}], or create the database and its user.",
        )
    return well(f"The database {kind} responds.")


def look_at_migrations(case: Case) -> Finding:
    """Compare the migrations of the apps a connect needs with the database."""
    alias = router.db_for_write(ApiGateway)
    if stopped := check_migration_history(databases=[alias]):
        page = "docs/reference/checks.md#e003"
        return broken(f"E003: {stopped[0].msg}", str(stopped[0].hint), page)
    missing = list(_missing_migrations())
    if not missing:
        return well("All migrations are applied.")
    shown = ", ".join(missing[:_MOST_NAMES])
    more = f" and {len(missing) - _MOST_NAMES} more" if len(missing) > _MOST_NAMES else ""
    return broken(f"Migrations are not applied: {shown}{more}.", "Run `python manage.py migrate`.")


def _missing_migrations() -> Iterator[str]:
    """Give the migrations that the databases of the needed apps' tables do not have."""
    executors: dict[str, MigrationExecutor] = {}
    for label in _NEEDED_APPS:
        model = next(iter(apps.get_app_config(label).get_models()), None) if _has(label) else None
        if model is None:
            continue
        alias = router.db_for_write(model)
        if alias not in executors:
            executors[alias] = MigrationExecutor(connections[alias])
        executor = executors[alias]
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes(label))
        # Those of other apps may be in other databases.
        yield from (f"{label}.{one.name}" for one, _ in plan if one.app_label == label)


def _has(label: str) -> bool:
    return label in apps.app_configs


def look_at_records(case: Case) -> Finding:
    """Look for the records of APIs, and for views that none of them leads to."""
    records = list(ApiGateway.objects.order_by("pk"))
    left_out = list(_explain_unserved_views(records))
    if not records:
        return _explain_missing_records(left_out)
    if left_out:
        more = f" So it is with {len(left_out) - 1} more views." if left_out[1:] else ""
        return warning(f"{left_out[0]}{more}", _words_for_a_record())
    return well(f"Records of APIs: {len(records)}; each routed view has one.")


def _explain_missing_records(left_out: list[str]) -> Finding:
    views = find_socket_views()
    if not views:
        return broken(
            "No WebSocketView is routed, so there is nothing that an API could call.",
            "Write one, and route it: path('ws/<slug:route>', MyView.as_view()).",
        )
    if not left_out:
        return warning(
            f"{views[0].view_class.__name__} has no record, and the doctor follows APIs that have.",
            "Create an ApiGateway with the id of its API, and the doctor goes all the way round.",
        )
    named = left_out[0]
    return broken(f"There is no ApiGateway. {named}", _words_for_a_record())


def _words_for_a_record() -> str:
    if uses_local_gateway():
        return "Start `python manage.py runserver` again: it makes one for each view that it can."
    return (
        "Create an ApiGateway with that target_base_endpoint in the admin, then run "
        "`python manage.py createApiGateway --pk N`."
    )


def _explain_unserved_views(records: list[ApiGateway]) -> Iterator[str]:
    """Say of each view which no record leads to what its record would have to have."""
    served = {path_of(record) for record in records}
    if any(explain_base_path(path) for path in served):
        # Behind a proxy that takes a prefix away, addresses say nothing about the URLs.
        return
    served |= {
        unquote(urlsplit(route.integration_url).path)
        for route in ApiGatewayAdditionalRoute.objects.all()
    }
    seen: set[type] = set()
    for view in find_socket_views():
        called = find_called_paths(view)
        is_served = any(path and not explain_base_path(path, view.view_class) for path in served)
        is_extra = not view.has_route_slug
        is_pinned = view.attribute("aws_api_gateway_id") is not None
        if is_served or is_extra or is_pinned or view.view_class in seen:
            continue
        seen.add(view.view_class)
        name = view.view_class.__name__
        if called.base:
            yield f"{name} has no API: its target_base_endpoint would end in {called.base}."
        else:
            yield f"{name} has no API: {called.problem}."


def _run_own_checks() -> Iterator[CheckMessage]:
    for check in registry.get_checks(include_deployment_checks=False):
        is_ours = getattr(check, "__module__", "").startswith(f"{_PACKAGE}.checks")
        if is_ours and Tags.database not in getattr(check, "tags", ()):
            yield from check(app_configs=None, databases=None)


def _server_of(values: dict[str, Any]) -> tuple[str, int] | None:
    """Return host and port of a database server; None for a file or a socket file."""
    host, port = str(values.get("HOST") or ""), str(values.get("PORT") or "")
    engine = str(values.get("ENGINE"))
    # MySQL means a socket file by this name.
    is_file = host.startswith("/") or (host == "localhost" and "mysql" in engine)
    if not host or is_file or "," in host:
        return None
    usual = {"postgresql": 5432, "mysql": 3306}
    known = next((number for name, number in usual.items() if name in engine), None)
    number = int(port) if port.isdigit() else known
    return (host, number) if number else None


def _refusal_of(host: str, port: int) -> str:
    """Return why nobody can connect to a server; "" where somebody can."""
    try:
        with suppress(UnicodeError):
            socket.create_connection((host, port), PROMPT_SECONDS / 2).close()
    except OSError as error:
        if isinstance(error, TimeoutError):
            return "no answer"
        return (error.strerror or str(error)).lower()
    return ""


HOPS: Final = (
    Hop(
        name="settings",
        about="the package's own system checks",
        look=look_at_settings,
        is_shared=True,
    ),
    Hop(
        name="database",
        about="the database with the package's tables can be reached",
        look=look_at_database,
        is_shared=True,
    ),
    Hop(
        name="migrations",
        about="all migrations are applied to it",
        look=look_at_migrations,
        needs=("database",),
        is_shared=True,
    ),
    Hop(
        name="records",
        about="each routed view has the record of an API",
        look=look_at_records,
        needs=("migrations",),
        is_shared=True,
    ),
)
