"""The gateway a command is run for: its option, its row, and the reason it cannot be worked on.

The commands that call AWS share this.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from django.core.management.base import CommandError, CommandParser

from ..aws.failures import explain_failure, name_failure
from ..core.errors import WebSocketsError
from ..models import ApiGateway

__all__ = [
    "AwsNotReachedError",
    "AwsRefusedError",
    "GatewayNotReadyError",
    "add_pk_argument",
    "explain_in_full",
    "find_gateway",
    "reasons_shown",
]

_PK_HELP: Final = "primary key of the ApiGateway record; the admin shows it in the record's address"


class GatewayNotReadyError(CommandError, ValueError):
    """The ValueError of a model whose record is not ready, shown without a traceback."""


class AwsRefusedError(CommandError, ClientError):
    """The ClientError of a call, shown without a traceback; callers still find its response."""

    def __init__(self, error: ClientError) -> None:
        Exception.__init__(self, explain_in_full(error))
        self.response, self.operation_name = error.response, error.operation_name
        self.returncode = 1


class AwsNotReachedError(CommandError, BotoCoreError):
    """The error of boto3 for a call that AWS never got, shown without a traceback."""

    def __init__(self, error: BotoCoreError) -> None:
        Exception.__init__(self, explain_in_full(error))
        self.returncode = 1


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
    """Turn a refusal of the model, of AWS or of boto3 into an error that is shown as a sentence.

    Raises:
        GatewayNotReadyError: the model raised ValueError.
        AwsRefusedError: AWS refused.
        AwsNotReachedError: there are no credentials, or AWS could not be reached.
        CommandError: another error of ours, such as a missing region.
    """
    try:
        yield
    except ValueError as error:
        raise GatewayNotReadyError(str(error)) from error
    except ClientError as error:
        raise AwsRefusedError(error) from error
    except BotoCoreError as error:
        raise AwsNotReachedError(error) from error
    except WebSocketsError as error:
        raise CommandError(explain_in_full(error)) from error


def explain_in_full(error: Exception) -> str:
    """Return what has failed, what to do, and AWS's own words, which are for this terminal."""
    if isinstance(error, WebSocketsError) and error.__cause__ is None:
        return str(error)
    cause = error.__cause__ or error
    text = f"{name_failure(cause)}: {explain_failure(cause)}."
    if response := getattr(cause, "response", None):
        said = response.get("Error", {}).get("Message", "")
        return f"{text} AWS says: {said}" if said else text
    return text
