from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone

from django_aws_api_gateway_websockets.models import ConnectionRateLimit


def busiest(minutes=10):
    """Return who has tried most often, as address, attempts and how many of them failed."""
    since = timezone.now() - timedelta(minutes=minutes)
    recent = ConnectionRateLimit.objects.filter(attempt_time__gte=since)
    counted = recent.values_list("ip_address").annotate(
        attempts=Count("pk"), failed=Count("pk", filter=Q(successful=False))
    )
    return counted.order_by("-attempts", "ip_address")[:10]
