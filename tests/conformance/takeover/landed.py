"""Run with our package on the path: fill a database as an earlier version had it, and migrate it.

Prints what was found as JSON. The argument is the last migration of that version.
"""

import json
import sys

import django

# The imports below need this first, hence E402.
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

from django_aws_api_gateway_websockets.models import WebSocketSession  # noqa: E402

APP = "django_aws_api_gateway_websockets"

[migration] = sys.argv[1:]

call_command("migrate", APP, migration, verbosity=0)
call_command("migrate", "auth", verbosity=0)
loader = MigrationExecutor(connection).loader
[node] = [key for key in loader.graph.nodes if key[0] == APP and key[1].startswith(migration)]
then = loader.project_state(node).apps
gateway = then.get_model(APP, "ApiGateway").objects.create(api_name="Earlier", api_id="a1b2c3d4e5")
for name in ("a=", "b="):
    then.get_model(APP, "WebSocketSession").objects.create(
        connection_id=name, channel_name="news", api_gateway=gateway
    )

call_command("migrate", verbosity=0)

session = WebSocketSession.objects.get(connection_id="a=")
session.subscribe("sport")
by_column = WebSocketSession.objects.filter(channel_name="news")
found = {
    "by column": by_column.count(),
    "in news": WebSocketSession.objects.in_channel("news").count(),
    "in sport": WebSocketSession.objects.in_channel("sport").count(),
    "gateway": [session.api_gateway.api_name, session.api_gateway.has_route_responses],
}
by_column.update(channel_name="weather")
found["moved"] = WebSocketSession.objects.in_channel("weather").count()
print(json.dumps(found))
