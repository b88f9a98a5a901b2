"""The test project's Celery: its tasks travel over Redis, in a queue of each test run's own."""

from celery import Celery

app = Celery("tests.project")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
