"""The actions for selected sessions: close them, or send them a message."""

import json
import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

from ..aws.failures import explain_failure
from ..core.errors import WebSocketsError
from ..models import WebSocketSessionQuerySet
from ..sending.broadcast.report import BroadcastReport
from .base import ModelAdmin

__all__ = ["close_sessions", "send_message"]

logger = logging.getLogger("django_aws_api_gateway_websockets.admin")


class MessageForm(forms.Form):
    """The message to send."""

    message = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField", "spellcheck": "false"}),
        strip=False,
        help_text='JSON, such as {"type": "notice", "text": "We restart in five minutes."}',
    )
    is_text = forms.BooleanField(required=False, label="Send it as a text, not as JSON")

    def clean(self) -> dict[str, Any]:
        """Turn the message into the value that is sent."""
        cleaned = super().clean() or self.cleaned_data
        if "message" in cleaned and not cleaned.get("is_text"):
            try:
                cleaned["message"] = json.loads(cleaned["message"])
            except ValueError as error:
                self.add_error(
                    "message",
                    ValidationError(f"This is not JSON ({error}): correct it, or send a text."),
                )
        return cleaned


@admin.action(description="Close the selected connections", permissions=["close"])
def close_sessions(modeladmin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> None:
    """Close the sockets of the selected sessions, and mark them disconnected."""
    sessions: Any = queryset
    selected = sessions.count()
    closed = sessions.close()
    logger.info("%r closed %d connections.", request.user.get_username(), closed)
    text = f"Closed {_count(closed, 'connection')}." if closed else "Nothing to close."
    modeladmin.message_user(
        request,
        " ".join(filter(None, (text, _tell_closed(selected - closed)))),
        messages.SUCCESS if closed else messages.INFO,
    )


@admin.action(description="Send a message to the selected connections", permissions=["send"])
def send_message(
    modeladmin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Any]
) -> TemplateResponse | None:
    """Ask for a message, and send it to the selected sessions."""
    sessions: Any = queryset
    form = MessageForm(request.POST if "message" in request.POST else None)
    if form.is_valid():
        _send(modeladmin, request, sessions, form.cleaned_data["message"])
        return None
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": "Send a message",
        "opts": modeladmin.opts,
        "media": modeladmin.media,
        "form": form,
        "keys": [str(key) for key in sessions.values_list("pk", flat=True)],
        "open": sessions.connected().count(),
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    template = "admin/django_aws_api_gateway_websockets/send_message.html"
    return TemplateResponse(request, template, context)


def _send(
    modeladmin: ModelAdmin, request: HttpRequest, sessions: WebSocketSessionQuerySet, message: Any
) -> None:
    selected = sessions.count()
    try:
        report = sessions.broadcast(message, now=True)
    except (WebSocketsError, BotoCoreError, ClientError) as error:
        logger.error("A message of %r was not sent: %r", request.user.get_username(), error)
        text = f"Nothing was sent: {explain_failure(error)}."
        modeladmin.message_user(request, text, messages.ERROR)
        return
    who = request.user.get_username()
    logger.info("%r sent a message to selected sessions: %s.", who, report)
    level = messages.SUCCESS if report.sent else messages.WARNING
    if report.missed_count or report.error:
        level = messages.ERROR
    modeladmin.message_user(request, _summarise(report, selected), level)


def _summarise(report: BroadcastReport, selected: int) -> str:
    reached = _count(report.sent, "connection") if report.sent else "nobody"
    sentences = [f"Sent to {reached}."]
    if report.missed_count:
        missed = next(iter(report.missed), None)
        cause = f"{missed.kind.value}: {missed.reason}" if missed else "no API"
        sentences.append(f"Not reached: {_count(report.missed_count, 'connection')} ({cause}).")
    if report.error:
        sentences.append("It ended early; the log says why.")
    closed = selected - report.sent - report.missed_count
    return " ".join(filter(None, (*sentences, _tell_closed(closed))))


def _tell_closed(number: int) -> str:
    if number < 1:
        return ""
    verb = "was" if number == 1 else "were"
    return f"{_count(number, 'selected connection')} {verb} closed already."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
