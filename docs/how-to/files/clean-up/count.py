from datetime import timedelta

from django.utils import timezone

from django_aws_api_gateway_websockets.models import (
    ConnectionRateLimit,
    WebSocketSession,
    WebSocketToken,
)

yesterday = timezone.now() - timedelta(days=1, hours=1)
print("sessions:", WebSocketSession.objects.filter(created_on__lt=yesterday).count())
print("tokens:  ", WebSocketToken.objects.filter(created_at__lt=yesterday).count())
week_ago = timezone.now() - timedelta(days=8)
print("attempts:", ConnectionRateLimit.objects.filter(attempt_time__lt=week_ago).count())
