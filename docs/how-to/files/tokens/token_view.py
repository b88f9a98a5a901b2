from django.http import HttpResponseForbidden, JsonResponse
from django.views import View

from django_aws_api_gateway_websockets.models import WebSocketToken


class StaffTokenView(View):
    def post(self, request):
        if not request.user.is_staff:
            return HttpResponseForbidden("For staff only")
        if not WebSocketToken.check_rate_limit(request.user, max_tokens_per_minute=5):
            return HttpResponseForbidden("Rate limit exceeded")
        key = request.session.session_key
        token = WebSocketToken.generate_token(user=request.user, session_key=key)
        headers = {"Cache-Control": "no-store"}
        return JsonResponse({"token": token.token, "expires_in": 60}, headers=headers)
