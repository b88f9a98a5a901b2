"""The gateway a command is run for: its option, its row, and the reason it is not ready.

Three commands share this.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.core.management.base import CommandError, CommandParser

from ..models import ApiGateway

__all__ = ["GatewayNotReadyError", "add_pk_argument", "find_gateway", "reasons_shown"]

_PK_HELP: Final = "primary key of the ApiGateway record; the admin shows it in the record's address"


class GatewayNotReadyError(CommandError, ValueError):
    """The ValueError of a model whose record is not ready, shown without a traceback."""


def add_pk_argument(parser: CommandParser, *, required: bool, explanation: str = "") -> None:
    """Add the option that names the gateway."""
    parser.add_argument("--pk", type=int, required=required, help=_PK_HELP + explanation)


def find_gateway(pk: int) -> ApiGateway:
    """Return the gateway with this primary key.

    Raises:
        CommandError: there is none; the text lists the existing ones.
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
    """Turn a refusal of the model into an error that is shown as a sentence.

    Raises:
        GatewayNotReadyError: the model raised ValueError.
    """
    try:
        yield
    except ValueError as error:
        raise GatewayNotReadyError(str(error)) from error
