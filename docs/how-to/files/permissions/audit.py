from django_aws_api_gateway_websockets.views import WebSocketView


class AuditSocketView(WebSocketView):
    ALLOWED_HANDLERS = {"default"}
    all_permissions_required = ["auth.view_user", "auth.view_group"]

    def default(self, request, *args, **kwargs):
        return "all is well"
