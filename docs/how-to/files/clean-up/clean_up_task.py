from celery import shared_task
from django.core.management import call_command


@shared_task
def clean_up_websockets():
    call_command("clearWebSocketSessions", stale_hours=3)
    call_command("cleanupWebSocketTokens")
