"""The messages of our checks, as `manage.py check` would report them."""

from django.core.checks import run_checks

APP = "django_aws_api_gateway_websockets"


def ids(*, deploy: bool = False) -> list[str]:
    """Return the ids of our messages, without the name of the app."""
    found = run_checks(include_deployment_checks=deploy)
    return [message.id.removeprefix(f"{APP}.") for message in found if message.id.startswith(APP)]


def text_of(check_id: str) -> str:
    """Return the texts and hints of one id."""
    found = run_checks(include_deployment_checks=True)
    return "".join(f"{m.msg} {m.hint}" for m in found if m.id == f"{APP}.{check_id}")
