"""Addresses of the pages; those of the sockets stand in `sockets/routing.py`."""

from django.contrib import admin
from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.urls import include, path

urlpatterns = [
    path("", include("chat.urls")),
    path("admin/", admin.site.urls),
    # Under daphne, too: a demo has no web server before it.
    *staticfiles_urlpatterns(),
]
