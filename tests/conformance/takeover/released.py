"""Run with a released version of the package on the path: build its database and fill every table.

The settings are those of the tests; TAKEOVER_DATABASE names the database.
"""

import django

# The imports below need this first, hence E402.
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.models import Permission  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402

from django_aws_api_gateway_websockets import models  # noqa: E402

call_command("migrate", verbosity=0)

user = get_user_model().objects.create_user("ada", password="secret")
session = SessionStore()
session["_auth_user_id"] = str(user.pk)
session.save(must_create=True)

gateway = models.ApiGateway(
    api_name="Taken over",
    api_id="a1b2c3d4e5",
    api_endpoint="wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
    target_base_endpoint="https://www.example.com/ws/",
    default_channel_name="lobby",
    tags={"team": "chat"},
    api_created=True,
    deployment_id="dep123",
)
gateway.save()
route = models.ApiGatewayAdditionalRoute(
    api_gateway=gateway,
    name="Extra",
    route_key="extra",
    integration_url="https://www.example.com/x",
)
# Released versions would otherwise create the route in AWS.
super(models.ApiGatewayAdditionalRoute, route).save()

hashes = {}
if hasattr(models, "hash_user_auth"):
    hashes = {
        "auth_hash": models.hash_user_auth(user),
        "session_key_hash": models.hash_session_key(session.session_key),
    }
models.WebSocketSession.objects.create(
    connection_id="L0SM9cOFvHcCIhw=",
    channel_name="general",
    user=user,
    api_gateway=gateway,
    request_count=41,
    **hashes,
)
if hasattr(models, "WebSocketToken"):
    models.WebSocketToken.generate_token(user=user, session_key=session.session_key)
    models.ConnectionRateLimit.record_attempt("203.0.113.7", user, successful=True)
if hasattr(models, "ChannelPermission"):
    rule = models.ChannelPermission.objects.create(channel_name="staff", access="permissions")
    rule.rules.create().permissions.set(Permission.objects.filter(codename="view_user"))

print(session.session_key)
