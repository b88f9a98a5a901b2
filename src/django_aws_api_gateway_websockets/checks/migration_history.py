"""The check that refuses to migrate a database which stopped half-way between two old releases.

Each of our migrations replaces several. Where only some of those were applied, Django leaves the
replacement out of its plan and says that there is nothing to do, or that migrations conflict;
neither text names the cause.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from django.core.checks import Error
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

__all__ = ["check_migration_history"]

APP: Final = "django_aws_api_gateway_websockets"

RELEASES: Final = {
    "0001_gateways_routes_sessions": "2.2.2",
    "0003_token_and_limit_tables_renamed": "4.0.0",
    "0004_login_hashes_permissions_provisioning": "4.1.0",
}
"""Releases whose own migrations complete each of our migrations."""


def check_migration_history(
    *, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[Error]:
    """Report E003: some of the migrations that one of ours replaces were applied, others were not.

    `migrate` runs the checks of databases first, so nothing has been changed when this stops it.
    """
    return [
        _error(name, missing)
        for alias in databases or ()
        for name in RELEASES
        if (missing := _missing(connections[alias], name))
    ]


def _missing(connection: Any, name: str) -> str:
    """Return the first replaced migration that is missing; "" where all were applied, or none."""
    recorded = MigrationRecorder(connection).applied_migrations()
    applied = {old for app, old in recorded if app == APP}
    step = import_module(f"{APP}.migrations.{name}").Migration
    replaced = [old for _, old in step.replaces]
    missing = [old for old in replaced if old not in applied]
    is_partial = name not in applied and len(missing) < len(replaced)
    return missing[0] if missing and is_partial else ""


def _error(name: str, missing: str) -> Error:
    package = APP.replace("_", "-")
    return Error(
        f"This database has stopped between two releases of {package}: "
        f"{missing} was never applied.",
        hint=f"Install release {RELEASES[name]}, run `manage.py migrate {APP}` with it, then "
        "install this one and migrate again. Nothing was changed.",
        id=f"{APP}.E003",
    )
