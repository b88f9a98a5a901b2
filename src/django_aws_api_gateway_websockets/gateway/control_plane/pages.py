"""Lists in pages, which lose and repeat nothing when records are deleted meanwhile.

Source: https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Final, NamedTuple

from .records import Record, bad_request

__all__ = ["Page", "PageNames", "page_of"]

DEFAULT_SIZE: Final = 25
"""Records of a page. AWS does not document it; a user with fifty integrations got several pages."""

LARGEST_SIZE: Final = 500

_TOKEN: Final = re.compile(r"(?P<number>[0-9]{1,18}) (?P<key>.+)")


class PageNames(NamedTuple):
    """Names of the parameters that ask for a page."""

    size: str
    token: str


_SECOND_API: Final = PageNames(size="maxResults", token="nextToken")  # noqa: S106 - of a page.


class Page(NamedTuple):
    """Some records of a collection."""

    records: list[Record]
    next_token: str | None
    """Token that asks for the next page; `None` on the last one."""


def page_of(
    records: Mapping[str, Record], query: Mapping[str, str], names: PageNames = _SECOND_API
) -> Page:
    """Return the page that a call asks for.

    Args:
        names: the parameters of the API that is called.

    Raises:
        ControlError: one of them is invalid.
    """
    size = query.get(names.size) or str(DEFAULT_SIZE)
    if not (size.isascii() and size.isdigit() and 0 < int(size[:9]) <= LARGEST_SIZE):
        raise bad_request(f"{_member(names.size)} must be a number between 1 and {LARGEST_SIZE}.")
    token = query.get(names.token)
    rest = _after(token, names.token, records) if token else list(records.items())
    shown = rest[: int(size)]
    is_last = len(shown) == len(rest)
    return Page([record for _, record in shown], None if is_last else _token_for(*shown[-1]))


def _token_for(key: str, record: Record) -> str:
    return urlsafe_b64encode(f"{record.number} {key}".encode()).decode()


def _member(name: str) -> str:
    return f"{name[0].upper()}{name[1:]}"


def _after(token: str, name: str, records: Mapping[str, Record]) -> list[tuple[str, Record]]:
    """Return the records after the last one of the previous page, even if that is gone.

    Its current number comes first, because a restart gives all records new numbers.
    """
    try:
        found = _TOKEN.fullmatch(urlsafe_b64decode(token.encode()).decode())
    except ValueError:
        found = None
    if found is None:
        raise bad_request(f"{_member(name)} is not one this gateway gave.")
    last = records.get(found["key"])
    number = int(found["number"]) if last is None else last.number
    return [(key, record) for key, record in records.items() if record.number > number]
