"""Where the pages of the admin are, and what they say."""

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
    """What a page says at its top, after any redirect."""
    return [str(message) for message in response.context["messages"]]
