from django_aws_api_gateway_websockets.models import ApiGateway, get_boto3_client

gateway = ApiGateway.objects.get(api_name="Chat")
client = get_boto3_client()

print(gateway.sessions.close(), "sockets closed")
if gateway.api_mapping_id:
    client.delete_api_mapping(ApiMappingId=gateway.api_mapping_id, DomainName=gateway.domain_name)
    client.delete_domain_name(DomainName=gateway.domain_name)
client.delete_api(ApiId=gateway.api_id)
gateway.delete()
