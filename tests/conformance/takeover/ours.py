"""Run with our package on the path: migrate the database a released version has left, and use it.

Prints what was found as JSON.
"""

import json
import sys

import django

# The imports below need this first, hence E402.
django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from django_aws_api_gateway_websockets import models  # noqa: E402
from tests import events  # noqa: E402

session_key, release = sys.argv[1:]

call_command("migrate", verbosity=0)
call_command("makemigrations", "--check", "--dry-run", verbosity=0)

tables = [
    models.ApiGateway,
    models.ApiGatewayAdditionalRoute,
    models.WebSocketSession,
    models.WebSocketToken,
    models.ConnectionRateLimit,
    models.ChannelPermission,
    models.ChannelPermissionRule,
]
rows = {model.__name__: model.objects.count() for model in tables}
gateway = models.ApiGateway.objects.get()
answer = events.message(Client(), {"action": "shout"})
token = models.WebSocketToken.objects.first()
user = token and models.WebSocketToken.validate_and_consume(token.token, session_key)
# Written through our models, so that every column takes what we put there.
models.WebSocketToken.generate_token(
    user=models.WebSocketSession.objects.get().user, session_key="s"
)
models.ConnectionRateLimit.record_attempt("2001:db8::1")
channel = models.ChannelPermission.for_channel("staff")

print(
    json.dumps(
        {
            "rows": rows,
            "gateway": [gateway.api_name, gateway.tags, gateway.effective_provisioning_status],
            "route": models.ApiGatewayAdditionalRoute.objects.get().route_key,
            "message": [answer.status_code, answer.content.decode()],
            "count": models.WebSocketSession.objects.get().request_count,
            "token_user": user and user.get_username(),
            "rule": channel and str(channel.rules.get()),
        }
    )
)
