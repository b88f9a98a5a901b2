from django_aws_api_gateway_websockets.models import ApiGateway, get_boto3_client

API_ID = "a1b2c3d4e5"
STAGE = "production"
DOMAIN = "ws.example.com"

stage = get_boto3_client().get_stage(ApiId=API_ID, StageName=STAGE)
gateway = ApiGateway(
    api_name="Chat",
    api_id=API_ID,
    stage_name=STAGE,
    deployment_id=stage["DeploymentId"],
    api_created=True,
    domain_name=DOMAIN,
    custom_domain_created=bool(DOMAIN),
    provisioning_status=ApiGateway.ProvisioningStatus.MAPPED,
)
gateway.save(push_to_aws=False)
print("\n".join(gateway.sync_from_aws()))
print(gateway.websocket_url())
