"""An event on its way to the verdict: look up, judge, record."""

import logging
from functools import cached_property, partial

from ..telemetry.current_event import CurrentEvent
from .channel_rules import ChannelRules
from .event import LIFECYCLE, Event
from .facts import note_known, read_facts
from .hooks import Hooks, allowed_handlers
from .invoke import is_overridden
from .judge import judge
from .lookup import Known, confirm_user, look_up_connect, look_up_message
from .origin import refuse_stranger
from .refusals import explain_unknown_handler, find_similar, log_refusal
from .verdict import Handle, Refuse, Verdict

__all__ = ["Hearing"]

logger = logging.getLogger("django_aws_api_gateway_websockets.views")


class Hearing:
    """Reaches the verdict on one event.

    Args:
        view: has the hooks.
        base: the view class of this package, to see which of its methods the project has
            overridden.
        event: a connect, a message or a disconnect.
    """

    def __init__(self, view: Hooks, base: type, event: Event) -> None:
        self._view = view
        self._base = base
        self._event = event
        self._facts = CurrentEvent()
        self.known = Known()
        """Rows of the event; none before the look-up, and of a disconnect that goes without one."""

    # Made at its first use, which is after the look-up: only then is `known` final.
    @cached_property
    def rules(self) -> ChannelRules:
        """The rules of channels, as this event meets them."""
        return ChannelRules(self._view, self._event, self.known)

    def read_facts(self, route: str | None) -> CurrentEvent:
        """Read the facts that the request states; the verdict adds to them."""
        self._facts = read_facts(self._event, route)
        return self._facts

    def reach_verdict(self, route: str | None) -> Verdict:
        """Look up, judge and record; an event that a stranger sent costs no query."""
        verdict: Verdict | None = refuse_stranger(self._view, self._event)
        if verdict is None:
            may_be_ours = self._look_up(route)
            verdict = (
                judge(self._view, self._event, self.known, route)
                if may_be_ours
                else Refuse("missing_headers")
            )
        self._record(verdict, what="connection" if route == "connect" else "message")
        if isinstance(verdict, Handle):
            self._facts.handler = verdict.method
        return verdict

    def log(self, verdict: Refuse, *, what: str) -> None:
        """Log why an event is refused.

        Args:
            verdict: has the reason.
            what: is refused, in a word for the log.
        """
        if verdict.note:
            self._view._debug(verdict.note)  # noqa: SLF001 - a documented hook.
        if verdict.refusal is not None:
            log_refusal(what, self._event, verdict.refusal)

    def _look_up(self, route: str | None) -> bool:
        """Find the rows of the event; False when it comes from no API of ours.

        True also for a disconnect whose rows nobody needs before the session is closed: whether its
        API is ours is not asked yet.
        """
        view = self._view
        if route == "disconnect" and not is_overridden(view, self._base, ["disconnect"]):
            # The statement that closes the session also finds its gateway.
            return True
        if route == "connect":
            confirm_user(self._event)
        look_up = look_up_connect if route in LIFECYCLE else look_up_message
        self.known = known = look_up(view, self._event)
        note_known(self._facts, self._event, known)
        view.api_gateway = known.gateway
        if known.session is not None:
            view.websocket_session = known.session
            known.session.may_join = partial(self.rules.may_join, what="subscription")
            known.session.is_ruled = self.rules.let_in.__contains__
        return known.gateway is not None or view.aws_api_gateway_id is not None

    def _record(self, verdict: Verdict, *, what: str) -> None:
        if isinstance(verdict, Refuse):
            self.log(verdict, what=what)
            if verdict.ended_session is not None:
                verdict.ended_session.close()
        elif verdict.unknown:
            # A message meant for a route of its own may have a name nobody here knows; one that is
            # nearly a handler's name is a mistake.
            allowed = allowed_handlers(self._view)
            level = logging.WARNING if find_similar(verdict.unknown, allowed) else logging.INFO
            logger.log(
                level,
                "A message of connection %s goes to default(): %s.",
                self.known.session,
                explain_unknown_handler(verdict.unknown, allowed),
            )
