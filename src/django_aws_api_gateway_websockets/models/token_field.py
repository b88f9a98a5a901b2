"""The column of one-time tokens, which holds a hash in place of the token.

A token opens a connection as its user until it is used or a minute old. A reader of the table, of a
backup or of a page of the admin gets hashes only. A token has 256 random bits, so that a plain
SHA-256 is enough, and finding one by its hash takes as long for a guess as for a token.

The hash has one letter that no token has. So it cannot be shown in place of a token, and tokens
that an older release has stored as they are still open their connection.
"""

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from django.db import models
from django.db.models import lookups

__all__ = ["TokenField", "is_token"]

if TYPE_CHECKING:
    _CharField = models.CharField[Any, Any]
else:
    # Fields are generic for the type checker only.
    _CharField = models.CharField

_TOKEN: Final = re.compile(r"[a-f0-9]{64}")

_MARK: Final = "h"
"""Letter before a hash, of which the last digit is left out for it."""


def is_token(value: object) -> bool:
    """Tell whether a value has the form of a token."""
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


class TokenField(_CharField):
    """A `CharField` of 64 characters that stores tokens as hashes, and finds rows by the token."""

    def get_prep_value(self, value: Any) -> Any:
        """Return the hash of a token; a hash stays what it is."""
        return _hash(value) if is_token(value) else super().get_prep_value(value)


def _hash(token: str) -> str:
    return _MARK + sha256(token.encode()).hexdigest()[:-1]


@TokenField.register_lookup
class _Exact(lookups.Exact):
    """A lookup that finds a token also where it is stored as it is."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        if not is_token(self.rhs):
            return super().as_sql(compiler, connection)
        column, parameters = self.process_lhs(compiler, connection)
        return f"{column} IN (%s, %s)", [*parameters, _hash(self.rhs), self.rhs]
