"""The view API Gateway calls for every event of a socket, beside the one that gives tokens."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBadRequest, HttpResponseBase, JsonResponse
from django.utils.decorators import classonlymethod, method_decorator
from django.utils.functional import classproperty
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from ..conf import get_boolean_setting
from ..core.quotas import MAX_MESSAGE_BYTES
from ..models import ApiGateway, WebSocketSession, attempt_key
from ..models.connecting import connecting
from . import event as inbound
from . import guards
from . import invoke as calls
from .exception_mail import mail_exception
from .explanations import explain_unknown_handler, find_similar, quote
from .judge import Admission
from .lookup import find_gateway, find_gateway_of_pinned_view
from .refusals import Problem
from .token_view import WebSocketTokenView

__all__ = ["WebSocketTokenView", "WebSocketView", "logger"]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")

_EVENTS: Final = frozenset({"connect", "disconnect"})
"""What a project need not write anything for: no transaction goes around the base class's own."""


@method_decorator(csrf_exempt, name="dispatch")
class WebSocketView(Admission, View):
    """Answers the events of a WebSocket API: subclass it and define a method for each handler.

    The URL needs a slug named `route`: `path("ws/<slug:route>", MyView.as_view())`. A message goes
    to the method that its `handler` or `action` names, else to `default`. A project that overrides
    `dispatch` must apply `csrf_exempt` to it again.

    Handlers and hooks may be `def` or `async def`. As soon as one is async, so is the view: under
    ASGI it runs in the event loop, and what is not async runs in a thread.
    """

    SEND_EXCEPTION_MAIL = True
    EXCEPTION_MAIL_INTERVAL = 60
    MAX_BODY_SIZE = MAX_MESSAGE_BYTES
    ALLOWED_HANDLERS: Any = set()  # noqa: RUF012 - documented as a plain, replaceable set.
    ADDITIONAL_ALLOWED_HANDLERS: Any = []  # noqa: RUF012 - likewise.
    BASE_HANDLERS = frozenset({"default", "change_channel"})
    handler_selection_key = "handler"
    aws_api_gateway_id: str | None = None
    expected_useragent_prefix = "AmazonAPIGateway_"
    CHECK_CONNECT_USERAGENT = False
    model: Any = None
    body: dict[str, Any] = {}  # noqa: RUF012 - replaced for each request in setup().
    debug_log: list[str] = []  # noqa: RUF012 - replaced for each request in setup().
    __body_problem = ""
    # Handlers always have one, and only they are given it; what runs before them asks.
    websocket_session: WebSocketSession = None  # type: ignore[assignment]

    @classproperty
    def view_is_async(cls) -> bool:  # noqa: N805 - Django's own class property.
        """Whether a method of the class is `async def`; Django asks, and a project may."""
        return bool(calls.async_methods(cls))

    @classonlymethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:  # noqa: N805 - likewise.
        """The view for a URL; it begins the transactions of `ATOMIC_REQUESTS` itself."""
        view: Any = super().as_view(**initkwargs)
        # What a project has marked `dispatch` with stays known.
        marked = getattr(view, "_non_atomic_requests", ())
        view._non_atomic_requests = calls.OutsideTransactions(marked)  # noqa: SLF001 - as in Django.
        return view  # type: ignore[no-any-return]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the message before anything else, so that every hook can see `self.body`."""
        self.debug_log = []
        self._debug("Within setup")
        super().setup(request, *args, **kwargs)
        body = inbound.read_body(request, self.MAX_BODY_SIZE)
        self.body, self.__body_problem = body.values, body.problem
        if body.problem:
            self._debug(body.problem)
        self._debug("Setup completed")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Check the request in the documented order and answer it."""
        if self.view_is_async:
            answer: Any = self.__answer_async(request, *args, **kwargs)
            return answer  # type: ignore[no-any-return] # Django awaits what an async view gives.
        chosen = self.__choose(request, *args, **kwargs)
        if isinstance(chosen, str):
            chosen = self.__call(chosen, request, *args, **kwargs)
        return chosen or JsonResponse({})

    def disconnect(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase | None:
        """Note that the connection is closed; API Gateway may say so more than once."""
        connection_id = request.headers[inbound.CONNECTION_ID_HEADER]
        api_id = request.headers[inbound.API_ID_HEADER]
        is_pinned = self.aws_api_gateway_id is not None
        if WebSocketSession.close_connection(connection_id, api_id, or_without_api=is_pinned):
            return None
        if not is_pinned and not ApiGateway.objects.filter(api_id=api_id).exists():
            return self.missing_headers(request, *args, **kwargs)
        return self.__know_no_connection("disconnect", request, *args, **kwargs)

    def default(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase | None:
        """Takes the messages no other handler is named for."""
        view = type(self).__name__
        name = self.__unknown_handler()
        named = "" if not name else f"; {explain_unknown_handler(name, self.__allowed_handlers())}"
        raise NotImplementedError(
            f"{view} has no handler for this message: define default(), or a method with the name "
            f"clients send as handler or action{named}"
        )

    def change_channel(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase | None:
        """Move the connection to the channel the message names; None when it went well."""
        channel_name = self.body.get("channel")
        if not self._accepts_channel_name(channel_name):
            problem = Problem("Invalid channel", quote(channel_name))
            self._log_refusal("change of channel", request, problem)
            return HttpResponseBadRequest(problem.answer)
        if not self._may_join_channel(request, str(channel_name), "change of channel"):
            return self.permission_denied(request, *args, **kwargs)
        self.websocket_session.channel_name = str(channel_name)
        # A full save would write back a counter and a state that other requests may have changed.
        self.websocket_session.save(update_fields=["channel_name", "updated_on"])
        return None

    def __comes_from_a_known_gateway(self, request: HttpRequest, route: str | None) -> bool:
        """Whether the headers are there and name a gateway of ours.

        A message's session brings its gateway and its user along in the same query.
        """
        required = [*self.required_headers, *self.additional_required_headers]
        api_id = request.headers.get(inbound.API_ID_HEADER, "")
        # Rows that are not provisioned yet have an empty id: an empty header must not match them.
        if guards.missing_headers(request, required) or not api_id:
            return False
        if self.aws_api_gateway_id is not None and api_id != self.aws_api_gateway_id:
            return False
        if route == "disconnect" and type(self).disconnect is WebSocketView.disconnect:
            # The statement that closes the session also finds its gateway.
            return True
        if route in {"connect", "disconnect"}:
            self.__find_gateway(request, api_id)
        else:
            self.__find_session(request, api_id)
        return self.api_gateway is not None or self.aws_api_gateway_id is not None

    def __find_gateway(self, request: HttpRequest, api_id: str) -> None:
        channel = request.GET.get("channel") or None
        # PostgreSQL refuses some texts outright, and none of them is a channel.
        asked = channel if self._accepts_channel_name(channel) else None
        address, _ = inbound.client_address(request)
        key = attempt_key(address, guards.source_user(request))
        find = find_gateway if self.aws_api_gateway_id is None else find_gateway_of_pinned_view
        known = find(api_id, asked, key)
        self.api_gateway, self._known_rule = known.row, (known.channel, known.rule)
        self._seen_window = key, known.window_opened_at

    def __find_session(self, request: HttpRequest, api_id: str) -> None:
        connection_id = request.headers[inbound.CONNECTION_ID_HEADER]
        is_pinned = self.aws_api_gateway_id is not None
        session = WebSocketSession.find_connected(
            connection_id,
            api_id,
            or_without_api=is_pinned,
            counts_message=self.__is_meant_for_a_handler(request)
            and get_boolean_setting("count_messages"),
        )
        if session is not None:
            self.websocket_session, self.api_gateway = session, session.api_gateway
            if session.api_gateway is None:
                session.unrecorded_api_id = api_id
        elif not is_pinned:
            self.api_gateway = ApiGateway.objects.filter(api_id=api_id).order_by("pk").first()

    def __has_expected_useragent(self, request: HttpRequest) -> bool:
        api_id = self.aws_api_gateway_id or request.headers[inbound.API_ID_HEADER]
        expected = f"{self.expected_useragent_prefix}{api_id}"
        return not self.CHECK_CONNECT_USERAGENT or request.headers.get("User-Agent") == expected

    async def __answer_async(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """As `dispatch`, with the database asked in a thread and async methods awaited here."""
        chosen = await sync_to_async(self.__choose)(request, *args, **kwargs)
        if isinstance(chosen, str) and iscoroutinefunction(getattr(self, chosen)):
            chosen = await self.__await(chosen, request, *args, **kwargs)
        elif isinstance(chosen, str):
            chosen = await sync_to_async(self.__call)(chosen, request, *args, **kwargs)
        return chosen or JsonResponse({})

    def __choose(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> str | HttpResponseBase | None:
        """The name of the method that is to answer, or the answer that refuses."""
        if not guards.has_accepted_secret(request):
            refusal: Any = self.invalid_gateway_secret(request, *args, **kwargs)
        elif not self.__comes_from_a_known_gateway(request, kwargs.get("route")):
            refusal = self.missing_headers(request, *args, **kwargs)
        elif not self.__allows_method(request):
            refusal = self.http_method_not_allowed(request, *args, **kwargs)
        elif kwargs.get("route") == "disconnect":
            return "disconnect"
        elif kwargs.get("route") != "connect":
            refusal = self.__choose_handler(request, *args, **kwargs)
        elif not self.__has_expected_useragent(request):
            refusal = self.invalid_useragent(request, *args, **kwargs)
        else:
            return "connect"
        return calls.settle(refusal)  # type: ignore[no-any-return]

    def __choose_handler(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> str | HttpResponseBase:
        keys = self.__handler_keys()
        if not self.__names_handler():
            why = self.__body_problem or f"neither {quote(keys[0])} nor {quote(keys[1])} is in it"
            self._log_refusal("message", request, Problem("", why))
            return self.handler_selection_key_missing(request, *args, **kwargs)
        session = self.__session_of_message()
        if session is None:
            return self.__know_no_connection("message", request, *args, **kwargs)
        self.websocket_session = session
        # Whatever cookie came along, the message belongs to whoever opened the connection.
        calls.act_as(request, session.user or AnonymousUser())
        if not self._passes_permission_lists(request):
            self._log_refusal("message", request, self._permission_problem())
            return self.permission_denied(request, *args, **kwargs)
        allowed = self.__allowed_handlers()
        if unknown := self.__unknown_handler():
            # A message meant for a route of its own may have a name nobody here knows; what is
            # nearly a handler's name is a mistake.
            level = logging.WARNING if find_similar(unknown, allowed) else logging.INFO
            text = explain_unknown_handler(unknown, allowed)
            logger.log(level, "A message of connection %s goes to default(): %s.", session, text)
        return inbound.choose_handler(self.body, keys, allowed)

    def __allows_method(self, request: HttpRequest) -> bool:
        return (request.method or "").lower() in self.http_method_names

    def __is_meant_for_a_handler(self, request: HttpRequest) -> bool:
        """Whether a message will get to one, unless its connection is refused."""
        return self.__allows_method(request) and self.__names_handler()

    def __names_handler(self) -> bool:
        return any(key in self.body for key in self.__handler_keys())

    def __handler_keys(self) -> tuple[str, str]:
        return self.handler_selection_key, self.route_selection_key

    def __unknown_handler(self) -> str:
        return inbound.find_unknown_handler(
            self.body, self.__handler_keys(), self.__allowed_handlers()
        )

    def __know_no_connection(
        self, what: str, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        connection_id = request.headers[inbound.CONNECTION_ID_HEADER]
        self._debug(f"Session not found: {connection_id}")
        why = "it is closed or unknown here, or its login has ended"
        self._log_refusal(what, request, Problem("Invalid connection ID", why))
        return self.session_not_found(request, *args, **kwargs)

    def __session_of_message(self) -> WebSocketSession | None:
        """The open session the message belongs to, if its login still stands."""
        session: WebSocketSession | None = self.websocket_session
        if session is None or session.has_valid_login():
            return session
        session.close()
        return None

    @classmethod
    def automatic_handlers(cls) -> frozenset[str]:
        """Names clients may call while `ALLOWED_HANDLERS` is empty: what the class defines."""
        defined = inbound.defined_handlers(
            cls,  # type: ignore[arg-type] # the checker doubts that classes are hashable.
            WebSocketView,
            cls.BASE_HANDLERS,
        )
        return defined | {inbound.DEFAULT_HANDLER} | frozenset(cls.ADDITIONAL_ALLOWED_HANDLERS)

    def __allowed_handlers(self) -> frozenset[str]:
        if self.ALLOWED_HANDLERS:
            return frozenset(self.ALLOWED_HANDLERS)
        # What `as_view(...)` was given counts, too.
        return self.automatic_handlers() | frozenset(self.ADDITIONAL_ALLOWED_HANDLERS)

    def __call(self, name: str, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            with self.__socket_state(name, request):
                return self.__call_in_transaction(name, request, *args, **kwargs)
        except Exception as error:
            self.__report(name, error)
            self._keep_token_used()
            raise

    def __call_in_transaction(
        self, name: str, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> Any:
        if name in _EVENTS and not calls.is_overridden(self, WebSocketView, [name]):
            # Ours; a transaction is only needed around what the project hooks into it.
            return calls.settle(getattr(self, name)(request, *args, **kwargs))
        if name == "connect" and calls.begins_transactions(request):
            self._count_attempt(request)
        with calls.project_transactions(request):
            return calls.settle(getattr(self, name)(request, *args, **kwargs))

    def __socket_state(self, name: str, request: HttpRequest) -> AbstractContextManager[None]:
        if name != "connect":
            return nullcontext()
        return connecting(request.headers[inbound.CONNECTION_ID_HEADER])

    async def __await(self, name: str, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            with self.__socket_state(name, request):
                return await getattr(self, name)(request, *args, **kwargs)
        except Exception as error:
            await sync_to_async(self.__report)(name, error)
            raise

    def __report(self, name: str, error: Exception) -> None:
        """Log a failure, and tell of a handler's by mail."""
        logger.error("The handler %s of %s failed.", name, type(self).__name__, exc_info=error)
        if self.SEND_EXCEPTION_MAIL and self.websocket_session is not None:
            mail_exception(type(self), error, self.EXCEPTION_MAIL_INTERVAL)
