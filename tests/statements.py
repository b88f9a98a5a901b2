"""The number of statements that an event costs on the database of this run."""

from django.db import connection

from django_aws_api_gateway_websockets.models.kept_sql import IS_SWITCHED_OFF


def statements_of_a_message() -> int:
    """Count the statements before its handler: one finds who sent it, one counts it."""
    return 1 if connection.vendor == "postgresql" and not IS_SWITCHED_OFF else 2
