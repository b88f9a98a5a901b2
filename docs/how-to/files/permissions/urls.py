from django.urls import path

from chat.audit import AuditSocketView
from chat.views import OwnChannelSocketView, TeamSocketView

urlpatterns = [
    path("ws/teams/<slug:route>", TeamSocketView.as_view()),
    path("ws/audit/<slug:route>", AuditSocketView.as_view()),
    path("ws/own/<slug:route>", OwnChannelSocketView.as_view()),
]
