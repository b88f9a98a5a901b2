"""Finding the gateway a command is for, and telling why it cannot be worked on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.core.management.base import CommandError, CommandParser

from ..models import ApiGateway

__all__ = ["GatewayNotReadyError", "add_pk_argument", "find_gateway", "reasons_shown"]

_PK_HELP: Final = "primary key of the ApiGateway record; the admin shows it in the record's address"


class GatewayNotReadyError(CommandError, ValueError):
    """A record is not ready for the command; the ValueError of the model, without a traceback."""


def add_pk_argument(parser: CommandParser, *, required: bool, explanation: str = "") -> None:
    """The option that says which gateway is meant."""
    parser.add_argument("--pk", type=int, required=required, help=_PK_HELP + explanation)


def find_gateway(pk: int) -> ApiGateway:
    """The gateway with that primary key.

    Raises:
        CommandError: there is none; the text lists those there are.
    """
    gateway = ApiGateway.objects.filter(pk=pk).first()
    if gateway is None:
        known = ", ".join(
            f"{key} ({name})" for key, name in ApiGateway.objects.values_list("pk", "api_name")[:20]
        )
        raise CommandError(f"No ApiGateway has --pk {pk}; there is {known or 'none at all'}.")
    return gateway


@contextmanager
def reasons_shown() -> Iterator[None]:
    """Show what a model refuses as a sentence in place of a traceback.

    Raises:
        GatewayNotReadyError: the model raised ValueError.
    """
    try:
        yield
    except ValueError as error:
        raise GatewayNotReadyError(str(error)) from error
