from django.urls import path

from chat.token_view import PatientTokenView
from chat.views import InternalSocketView, StrictSocketView

urlpatterns = [
    path("ws/strict/<slug:route>", StrictSocketView.as_view()),
    path("ws/internal/<slug:route>", InternalSocketView.as_view()),
    path("token/", PatientTokenView.as_view()),
]
