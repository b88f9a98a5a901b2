"""URLs without a view."""

urlpatterns: list[object] = []
