"""The API that is visited: its record, the site its pages are on, and the socket they open."""

from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost
from django.core.management.base import CommandError
from django.db import DatabaseError
from django.http import HttpRequest

from ...core.authority import read_url_authority
from ...deployment.local_backend import address_called
from ...models import ApiGateway

__all__ = ["find_apis", "origin_of_pages", "read_site", "socket_url_of"]


def find_apis(wanted: str) -> list[ApiGateway]:
    """Return the APIs that were asked for: all of them for "".

    Raises:
        CommandError: there is none of that name.
    """
    try:
        apis = list(ApiGateway.objects.order_by("pk"))
    except DatabaseError as error:
        raise CommandError(
            "The records of APIs cannot be read: `python manage.py doctor database` says why."
        ) from error
    if not wanted:
        return apis
    found = [api for api in apis if wanted in {api.api_name, str(api.pk), api.api_id}]
    if not found:
        known = ", ".join(f"{api.api_name} ({api.pk})" for api in apis[:20]) or "none at all"
        raise CommandError(
            f"No ApiGateway has the name or primary key {wanted!r}; there is {known}."
        )
    return found


def read_site(text: str) -> str:
    """Return the address of the pages as it was typed; "" where nobody typed one.

    Raises:
        CommandError: it is no address.
    """
    site = text.rstrip("/")
    is_page = site.startswith(("http://", "https://")) and read_url_authority(site) is not None
    if site and not is_page:
        raise CommandError("--site must be like https://www.example.com.")
    return site


def origin_of_pages(api: ApiGateway, site: str = "") -> str:
    """Return the origin of the pages: where API Gateway calls Django, unless they say another."""
    parts = urlsplit(site or address_called(api.target_base_endpoint or ""))
    return f"{parts.scheme}://{parts.netloc}"


def socket_url_of(api: ApiGateway, origin: str) -> str:
    """Return the address that a page of this origin opens its socket at."""
    request = HttpRequest()
    request.META["HTTP_HOST"] = urlsplit(origin).netloc
    try:
        return api.websocket_url(request)
    except DisallowedHost:
        # The view refuses the connect, too, and says why.
        return api.websocket_url()
