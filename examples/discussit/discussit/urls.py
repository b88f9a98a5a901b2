"""Addresses of the project."""

from django.contrib import admin
from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.urls import include, path

urlpatterns = [
    path("", include("chat.urls")),
    path("", include("sockets.urls")),
    path("admin/", admin.site.urls),
    # Under gunicorn, too: a demo has no web server before it.
    *staticfiles_urlpatterns(),
]
