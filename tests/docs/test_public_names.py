"""The names projects are documented to import, and can."""

import importlib

import pytest

PACKAGE = "django_aws_api_gateway_websockets"

COMMAND = "Command"

PUBLIC_NAMES = {
    "apps": "DjangoAwsApiGatewayWebsocketsConfig",
    "models": """
        ApiGateway ApiGatewayAdditionalRoute WebSocketSession WebSocketSessionQuerySet
        WebSocketToken ConnectionRateLimit ChannelPermission ChannelPermissionRule
        ApiGatewaySyncError

        get_boto3_client clear_boto3_client_cache get_region_name serialise_message
        hash_session_key hash_user_auth get_gateway_secrets integration_request_parameters
        validate_integration_host run_aws_after_commit collect_deferred_sync_errors
        disconnect_sessions_of_deleted_gateway close_sessions_on_logout delete_route_from_aws

        MAX_MESSAGE_SIZE BROADCAST_MAX_WORKERS BROADCAST_CONNECT_TIMEOUT BROADCAST_READ_TIMEOUT
        BROADCAST_MAX_ATTEMPTS AWS_CONNECT_TIMEOUT AWS_READ_TIMEOUT AWS_MAX_ATTEMPTS
        RATE_LIMIT_RETENTION_DAYS RATE_LIMIT_PURGE_ONE_IN RATE_LIMIT_PURGE_BATCH
        GATEWAY_SECRET_HEADER GATEWAY_SECRET_PATTERN
    """,
    "views": "WebSocketView WebSocketTokenView logger",
    "mixins": "AddWebSocketRouteToContextMixin AppChannelWebSocketMixin",
    "conf": """
        DEFAULTS BOOLEAN_DEFAULTS OPTIONAL_KEYS KNOWN_KEYS
        get_websockets_config get_setting get_boolean_setting get_allowed_integration_hosts
    """,
    "sync": """
        ApiGatewaySyncError push_gateway pull_gateway list_routes list_integrations
        integration_id_of describe_error is_not_found
        DEFAULT_ROUTE_KEYS API_FIELDS SYNCED_GATEWAY_FIELDS
    """,
    "checks": """
        check_gateway_secret_format check_gateway_secret_is_set check_handlers_are_listed
        check_unlisted_channels_are_refused check_websockets_setting check_aws_region_is_set
    """,
    "admin": """
        create_api_gateway create_custom_domain sync_from_aws sync_to_aws
        ApiGatewayAdditionalRouteInline ChannelPermissionRuleInline SyncErrorMessageMixin
        ApiGatewayAdmin ApiGatewayAdditionalRouteAdmin WebSocketSessionAdmin WebSocketTokenAdmin
        ConnectionRateLimitAdmin ChannelPermissionAdmin
    """,
    "management.commands.createApiGateway": COMMAND,
    "management.commands.createCustomDomain": COMMAND,
    "management.commands.updateApiGatewayIntegrations": COMMAND,
    "management.commands.clearWebSocketSessions": COMMAND,
    "management.commands.cleanupWebSocketTokens": COMMAND,
}

VALUES = {
    "MAX_MESSAGE_SIZE": 131072,
    "BROADCAST_MAX_WORKERS": 10,
    "BROADCAST_CONNECT_TIMEOUT": 5,
    "BROADCAST_READ_TIMEOUT": 10,
    "BROADCAST_MAX_ATTEMPTS": 3,
    "AWS_CONNECT_TIMEOUT": 5,
    "AWS_READ_TIMEOUT": 20,
    "AWS_MAX_ATTEMPTS": 3,
    "RATE_LIMIT_RETENTION_DAYS": 7,
    "RATE_LIMIT_PURGE_ONE_IN": 100,
    "RATE_LIMIT_PURGE_BATCH": 500,
    "GATEWAY_SECRET_HEADER": "X-Ws-Gateway-Secret",
}


@pytest.mark.parametrize("module", PUBLIC_NAMES)
def test_a_module_has_its_public_names(module):
    imported = importlib.import_module(f"{PACKAGE}.{module}")

    missing = [name for name in PUBLIC_NAMES[module].split() if not hasattr(imported, name)]

    assert missing == []


@pytest.mark.parametrize("module", [name for name in PUBLIC_NAMES if "." not in name])
def test_public_names_are_listed_by_their_module(module):
    listed = getattr(importlib.import_module(f"{PACKAGE}.{module}"), "__all__", None)

    if listed is not None:
        assert set(PUBLIC_NAMES[module].split()) <= set(listed)


def test_the_constants_keep_their_values():
    models = importlib.import_module(f"{PACKAGE}.models")

    assert {name: getattr(models, name) for name in VALUES} == VALUES
