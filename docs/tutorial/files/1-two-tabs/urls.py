from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("chat.websocket_urls")),
    path("admin/", admin.site.urls),
]
