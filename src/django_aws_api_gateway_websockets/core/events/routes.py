"""The choice of the route a message takes.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
"""

from collections.abc import Container
from typing import Final

from .expressions import SelectionExpression

__all__ = ["CONNECT", "DEFAULT", "DISCONNECT", "select_route"]

CONNECT: Final = "$connect"
DISCONNECT: Final = "$disconnect"
DEFAULT: Final = "$default"


def select_route(
    route_keys: Container[str], expression: SelectionExpression, body: str
) -> str | None:
    """The key of the route for a message, or `None` when no route takes it.

    An exact match first, then `$default`; a body that is not JSON goes to `$default` whatever the
    expression says.
    """
    wanted = expression.evaluate(body)
    # The lifecycle routes belong to the gateway: a message that could select $connect would let a
    # client run it twice. AWS does not document this case.
    if wanted is not None and wanted not in {CONNECT, DISCONNECT} and wanted in route_keys:
        return wanted
    return DEFAULT if DEFAULT in route_keys else None
