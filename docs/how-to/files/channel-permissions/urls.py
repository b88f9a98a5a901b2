from django.urls import path

from chat.views import RuledSocketView, TenantSocketView

urlpatterns = [
    path("ws/ruled/<slug:route>", RuledSocketView.as_view()),
    path("ws/tenants/<slug:route>", TenantSocketView.as_view()),
]
