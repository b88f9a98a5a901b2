"""URLs of a project whose one socket view refuses channels without a rule."""

from django.urls import path

from .views import OpenView

urlpatterns = [
    path("ws/<slug:route>", OpenView.as_view(ALLOW_UNLISTED_CHANNELS=False)),
]
