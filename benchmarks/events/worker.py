"""One round of `cost`, with whichever package is on the path; prints JSON."""

import json
import secrets
import statistics
import time
from collections.abc import Callable

import django

# The imports below need this first, hence E402.
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from benchmarks.postgresql import create_database, drop_database  # noqa: E402
from django_aws_api_gateway_websockets import models  # noqa: E402
from tests import events  # noqa: E402

TIMES = 300


def cost(act: Callable[[int], None]) -> dict[str, float]:
    """Statements of one event, and the median time of many, without and with a warm start."""
    for number in range(20):
        act(number)
    with CaptureQueriesContext(connection) as captured:
        act(20)
    statements = len(captured)
    seconds = []
    for number in range(21, 21 + TIMES):
        begun = time.perf_counter()
        act(number)
        seconds.append(time.perf_counter() - begun)
    return {"statements": statements, "ms": statistics.median(seconds) * 1000}


def main() -> None:
    """Each event as API Gateway sends it."""
    create_database()
    # Limits of our own making would end the measurement after twenty connects.
    settings.WEBSOCKETS = {
        "rate_limit_max_attempts": 1_000_000,
        "token_rate_limit_per_minute": 1_000_000,
    }
    settings.ALLOWED_HOSTS = ["www.example.com"]
    gateway = models.ApiGateway(
        api_name="Bench", api_id=events.API_ID, target_base_endpoint="https://www.example.com/ws/"
    )
    gateway.save()
    user = get_user_model().objects.create_user("ada")
    client, anonymous = Client(), Client()
    client.force_login(user)
    key = client.session.session_key
    tokens = iter(
        [models.WebSocketToken.generate_token(user=user, session_key=key) for _ in range(400)]
    )

    def expect(answer: object) -> None:
        assert answer.status_code == 200, answer.content

    def fresh() -> dict[str, str]:
        # The release wants this header also of a request without body.
        return {"Connectionid": secrets.token_hex(8), "Content_Length": "0"}

    def connect_with_token(number: int) -> None:
        query = f"?channel=general&ws_token={next(tokens).token}"
        expect(events.connect(client, "/token-ws/connect", query, **fresh()))

    def connect(number: int) -> None:
        expect(events.connect(anonymous, "/limited-ws/connect", **fresh()))

    ids = [f"d{number}=" for number in range(400)]
    for connection_id in ids:
        models.WebSocketSession.objects.create(
            connection_id=connection_id, api_gateway=gateway, user=user
        )

    def message(number: int) -> None:
        expect(events.message(client, {"action": "silent"}, Connectionid=ids[number]))

    def disconnect(number: int) -> None:
        expect(events.disconnect(client, Connectionid=ids[number], Content_Length="0"))

    print(
        json.dumps(
            {
                "connect with token": cost(connect_with_token),
                "connect": cost(connect),
                "message": cost(message),
                "disconnect": cost(disconnect),
            }
        )
    )
    drop_database()


if __name__ == "__main__":
    main()
