from django.http import HttpResponseForbidden, JsonResponse
from django.views import View

from django_aws_api_gateway_websockets.models import WebSocketToken


class PatientTokenView(View):
    def post(self, request):
        most = 60 if request.user.is_staff else 10
        if not WebSocketToken.check_rate_limit(request.user, max_tokens_per_minute=most):
            return HttpResponseForbidden("Rate limit exceeded", headers={"Retry-After": "60"})
        key = request.session.session_key
        token = WebSocketToken.generate_token(user=request.user, session_key=key)
        return JsonResponse({"token": token.token}, headers={"Cache-Control": "no-store"})
