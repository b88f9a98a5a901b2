"""URLs of a project with one socket view, which wants tokens, and no view that gives them."""

from django.urls import path

from tests.project.views import TokenView

urlpatterns = [path("ws/<slug:route>", TokenView.as_view(route_selection_key="verb"))]
