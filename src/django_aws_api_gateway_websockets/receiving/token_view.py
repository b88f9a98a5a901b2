"""The view a page asks for a token before it connects."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseForbidden,
    JsonResponse,
)
from django.utils import timezone
from django.utils.decorators import classonlymethod
from django.views.generic import View

from ..conf import get_setting
from ..models import AttemptWindow, WebSocketToken
from ..models.attempt_window import user_key
from ..models.login import note_login
from .invoke import stay_outside_transactions
from .refusals import explain_limit

__all__ = ["WebSocketTokenView"]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")

_WINDOW: Final = timedelta(minutes=1)


class WebSocketTokenView(View):
    """Gives the logged-in user a one-time token for the next connection; POST only.

    With `as_view(aws_api_gateway_id="…")` its tokens open connections of that API alone.
    """

    # Projects import it from there.
    __module__ = "django_aws_api_gateway_websockets.views"

    http_method_names = ["post"]  # noqa: RUF012 - Django's own attribute.
    aws_api_gateway_id: str | None = None

    @classonlymethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:  # noqa: N805 - Django's own.
        """Make the view for a URL, outside `ATOMIC_REQUESTS`: it outlasts deadlocks only there."""
        view: Any = super().as_view(**initkwargs)
        stay_outside_transactions(view)
        return view  # type: ignore[no-any-return]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Respond with `{"token": …, "expires_in": seconds}`, or 403 with the reason as text.

        A page whose connect was refused sends the token of it as `refused`, and gets the reason in
        the member of that name: no browser tells it otherwise.
        """
        if not request.user.is_authenticated:
            return HttpResponseForbidden("Authentication required")
        limit = get_setting("token_rate_limit_per_minute")
        # The count alone would let racing requests pass together; the window alone would not know
        # of tokens a project has generated itself.
        key = user_key("token", request.user.pk)
        if not WebSocketToken.check_rate_limit(
            request.user, max_tokens_per_minute=limit
        ) or not AttemptWindow.take(key, limit=limit, window_seconds=_WINDOW.total_seconds()):
            _log_limit(request.user, key, limit)
            return HttpResponseForbidden("Rate limit exceeded")
        login = note_login(request.session)
        options = {"api_id": self.aws_api_gateway_id} if self.aws_api_gateway_id else {}
        token = WebSocketToken.generate_token(user=request.user, session_key=login.key, **options)
        content = {"token": token.token, "expires_in": get_setting("token_expiry_seconds")}
        if refusal := WebSocketToken.refusal_of(request.POST.get("refused", ""), request.user):
            content["refused"] = refusal
        response = JsonResponse(content)
        # A token in a shared or a browser's cache would be a spent token, or somebody else's.
        response.headers["Cache-Control"] = "no-store"
        return response


def _log_limit(user: Any, key: str, limit: int) -> None:
    now = timezone.now()
    opened_at = AttemptWindow.opening(key) or now
    text = explain_limit(
        f"user {user.pk}",
        limit=f"{limit} tokens",
        minutes=1,
        seconds_left=(opened_at + _WINDOW - now).total_seconds(),
        source='WEBSOCKETS["token_rate_limit_per_minute"]',
    )
    logger.warning("A token was refused: %s.", text)
