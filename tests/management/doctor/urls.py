"""A site with one socket view, for everybody."""

from django.urls import path

from tests.project import views

urlpatterns = [path("live-ws/<slug:route>", views.LiveView.as_view())]
