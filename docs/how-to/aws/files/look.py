from django_aws_api_gateway_websockets.models import ApiGateway

for gateway in ApiGateway.objects.order_by("pk"):
    print(gateway.pk, gateway.api_name, gateway.get_provisioning_status_display())
    print("  id, stage:   ", gateway.api_id or "none", gateway.stage)
    print("  calls:       ", gateway.target_base_endpoint)
    print("  address:     ", gateway.websocket_url() or "none")
    print("  last error:  ", gateway.last_error or "none")
    print("  live sockets:", gateway.sessions.filter(connected=True).count())
