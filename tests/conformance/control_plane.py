"""An API as the tests of the control plane make one."""

PROXY = {
    "IntegrationType": "HTTP_PROXY",
    "IntegrationMethod": "POST",
    "IntegrationUri": "http://127.0.0.1:9/ws",
}


def create_api(client, **changes):
    values = {
        "Name": "chat",
        "ProtocolType": "WEBSOCKET",
        "RouteSelectionExpression": "$request.body.action",
    }
    return client.create_api(**values | changes)


def deploy(client, api_id, **options):
    integration = client.create_integration(ApiId=api_id, **PROXY)["IntegrationId"]
    client.create_route(ApiId=api_id, RouteKey="$default", Target=f"integrations/{integration}")
    return client.create_deployment(ApiId=api_id, **options)["DeploymentId"]
