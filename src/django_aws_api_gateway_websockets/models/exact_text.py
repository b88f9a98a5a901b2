"""The column of a name that is compared exactly, on every database.

MySQL and MariaDB compare text by the collation of its column. With the usual ones `SECRET_board`
is the same as `secret_board`, an accent makes no difference, and none of them sees trailing blanks.
To API Gateway these are different connections, and to us different channels: whoever may not join
the one must not get its messages through the other.

The column has a binary collation there that sees trailing blanks, so that unique values are unique
exactly and groups are of one name. MySQL before 8.0.17 has none that sees them. For its sake every
comparison is also made of the bytes; the first half of it still uses the index.

Source: https://mariadb.com/kb/en/supported-character-sets-and-collations/ (NO PAD) and
https://dev.mysql.com/doc/refman/8.4/en/charset-binary-collations.html
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from django.db import models
from django.db.models import lookups

__all__ = ["AnyTextField", "ExactCharField", "find_collation"]

if TYPE_CHECKING:
    _CharField = models.CharField[Any, Any]
    _TextField = models.TextField[Any, Any]
else:
    # Fields are generic for the type checker only.
    _CharField = models.CharField
    _TextField = models.TextField

COLLATION: Final = "utf8mb4_bin"
"""Collation that MySQL and MariaDB both have, and that takes every character."""

COLLATION_OF_MARIADB: Final = "utf8mb4_nopad_bin"
"""The same that sees trailing blanks; every MariaDB has it that Django supports."""

COLLATION_OF_MYSQL: Final = "utf8mb4_0900_bin"
"""Likewise, since MySQL 8.0.17."""

COLLATION_WITHOUT_CASE: Final = "utf8mb4_general_ci"
"""Collation for the lookups that a project asks to be made without regard to case."""


def find_collation(connection: Any) -> str:
    """Return the name of the exact collation of a server, which is a MySQL or MariaDB."""
    if connection.mysql_is_mariadb:
        return COLLATION_OF_MARIADB
    return COLLATION_OF_MYSQL if connection.mysql_version >= (8, 0, 17) else COLLATION


def _with_collation(parameters: Any, connection: Any, find: Callable[[Any], str]) -> Any:
    if connection.vendor == "mysql":
        parameters["collation"] = parameters.get("collation") or find(connection)
    return parameters


class ExactCharField(_CharField):
    """A `CharField` whose values are equal only when all their characters are."""

    def db_parameters(self, connection: Any) -> Any:
        """Give the column a collation of its own on MySQL and MariaDB."""
        return _with_collation(super().db_parameters(connection), connection, find_collation)


class AnyTextField(_TextField):
    """A `TextField` that takes every character, also in a database of `utf8mb3`."""

    def db_parameters(self, connection: Any) -> Any:
        """Give the column a collation of its own on MySQL and MariaDB."""
        return _with_collation(
            super().db_parameters(connection), connection, lambda _connection: COLLATION
        )


class _OfBytes:
    """A comparison that MySQL makes of the bytes, too."""

    def as_mysql(self: Any, compiler: Any, connection: Any) -> Any:
        column, of_column = self.process_lhs(compiler, connection)
        value, of_value = self.process_rhs(compiler, connection)
        compared = self.get_rhs_op(connection, value)
        parameters = [*of_column, *of_value]
        sql = f"({column} {compared} AND CAST({column} AS BINARY) {compared})"
        return sql, parameters + parameters


class _WithoutCase:
    """A comparison without regard to case, on a column whose collation has regard to it."""

    def process_lhs(self: Any, compiler: Any, connection: Any, lhs: Any = None) -> Any:
        column, parameters = super().process_lhs(compiler, connection, lhs)  # type: ignore[misc] # a lookup's.
        if connection.vendor == "mysql":
            column = f"{column} COLLATE {COLLATION_WITHOUT_CASE}"
        return column, parameters


for _of_bytes in (lookups.Exact, lookups.In):
    ExactCharField.register_lookup(type(_of_bytes.__name__, (_OfBytes, _of_bytes), {}))
for _without_case in (
    lookups.IExact,
    lookups.IContains,
    lookups.IStartsWith,
    lookups.IEndsWith,
    lookups.IRegex,
):
    ExactCharField.register_lookup(type(_without_case.__name__, (_WithoutCase, _without_case), {}))
