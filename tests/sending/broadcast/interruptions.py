"""A client whose posts are counted, and a database connection that is cut."""

import pytest
from botocore.exceptions import ClientError
from django.db import connection

GONE = {"Error": {"Code": "GoneException"}}

on_a_server = pytest.mark.skipif(
    connection.vendor == "sqlite",
    reason="SQLite has neither locked rows nor a server to be cut off from",
)


class Client:
    """A project's double of the boto3 client: every third connection is gone."""

    def __init__(self):
        self.posted = []
        self.closed = []

    def post_to_connection(self, Data, ConnectionId):  # noqa: N803 - boto3's names.
        self.posted.append(ConnectionId)
        if len(self.posted) % 3 == 0:
            raise ClientError(GONE, "PostToConnection")
        return {}

    def delete_connection(self, ConnectionId):  # noqa: N803 - likewise.
        self.closed.append(ConnectionId)
        return {}


def cut_connection():
    """End the connection to the database, as a server that is started again does."""
    other = connection.copy()
    with connection.cursor() as mine, other.cursor() as cursor:
        if connection.vendor == "postgresql":
            mine.execute("SELECT pg_backend_pid()")
            cursor.execute("SELECT pg_terminate_backend(%s)", mine.fetchone())
        else:
            mine.execute("SELECT CONNECTION_ID()")
            cursor.execute("KILL CONNECTION %s", mine.fetchone())
    other.close()
