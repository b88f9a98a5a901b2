"""The addresses of the admin's pages, and readers of their content."""

from django.forms import BoundField
from django.test import Client
from django.urls import reverse

APP = "django_aws_api_gateway_websockets"
MODELS = (
    "apigateway",
    "apigatewayadditionalroute",
    "websocketsession",
    "websockettoken",
    "connectionratelimit",
    "channelpermission",
)
RECORDS = ("websocketsession", "websockettoken", "connectionratelimit")


def list_of(model: str) -> str:
    return reverse(f"admin:{APP}_{model}_changelist")


def page_of(row, page: str = "change") -> str:
    return reverse(f"admin:{APP}_{row._meta.model_name}_{page}", args=[row.pk])


def messages_of(response) -> list[str]:
    """Return the messages at the top of a page, after any redirect."""
    return [str(message) for message in response.context["messages"]]


def form_of(client: Client, url: str) -> dict[str, str]:
    """Return the values a browser would post from the unchanged form of this page."""
    context = client.get(url).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    values: dict[str, str] = {}
    for form in forms:
        for field in form:
            values |= _values_of(field)
    return values


def _values_of(field: BoundField) -> dict[str, str]:
    value = field.value()
    if value is None or value is False:
        return {}
    names = [field.html_name]
    if field.field.show_hidden_initial:
        names.append(field.html_initial_name)
    return dict.fromkeys(names, str(value))
