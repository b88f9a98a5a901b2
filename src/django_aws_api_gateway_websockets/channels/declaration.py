"""The base of the channels a project declares, in files named `channels.py`."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, ClassVar, Literal, TypeAlias

from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.db import router, transaction

from ..models import WebSocketSession, WebSocketSessionQuerySet
from ..sending.after_commit import after_commit
from ..sending.broadcast.options import Excluded
from .history import History
from .members import Member, count_members, find_members
from .pattern import Pattern
from .publication import Publication, publish_to
from .rechecks import recheck_channel
from .registry import register

__all__ = ["Channel"]

Presence: TypeAlias = 'bool | Literal["count"]'


class Channel:
    """One kind of channel: its names, its rules, and what it tells of its members.

    Subclass it in a file `channels.py` of an app, which is found as `admin.py` is. The values of
    the pattern's parameters become attributes: of `room-<int:pk>`, `Room(pk=7).name` is "room-7".

    Raises:
        TypeError: a value of the pattern is missing, or one too many.
        ValueError: a value has no text the pattern would match.
    """

    pattern: ClassVar[str]
    """Names of the channels; parameters as in `path()`."""
    presence: ClassVar[Presence] = False
    """True names the members to each other, "count" tells only how many there are."""
    history: ClassVar[History | None] = None
    """None: a message reaches those who are there. Nothing else can be had yet."""

    compiled_pattern: ClassVar[Pattern]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Register the class, unless it has no pattern of its own."""
        super().__init_subclass__(**kwargs)
        if cls.history is not None:
            raise ImproperlyConfigured(
                f"{cls.__name__}.history: channels have no history yet; leave it out."
            )
        if cls.presence not in (False, True, "count"):
            raise ImproperlyConfigured(
                f'{cls.__name__}.presence is {cls.presence!r}; it is True, False or "count".'
            )
        misspelt = get_close_matches("pattern", vars(cls))
        if misspelt and not hasattr(cls, "pattern"):
            raise ImproperlyConfigured(
                f"{cls.__name__} has no pattern; did you mean that by {misspelt[0]!r}?"
            )
        if "pattern" in vars(cls):
            cls.compiled_pattern = Pattern(cls.pattern)
            own = {"name", "pattern", "compiled_pattern", *dir(Channel)}
            for name in own.intersection(cls.compiled_pattern.parameter_names):
                raise ImproperlyConfigured(
                    f"The pattern {cls.pattern!r} has a parameter {name}; every channel has an "
                    "attribute of that name: give the parameter another one."
                )
            register(cls)

    def __init__(self, **values: Any) -> None:
        self.name: str = self.compiled_pattern.build(values)
        """Name of the channel."""
        vars(self).update(values)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def __str__(self) -> str:
        return self.name

    @classmethod
    def of_name(cls, name: str) -> "Channel | None":
        """Return the channel of this name, or None when the pattern does not match it."""
        values = cls.compiled_pattern.match(name)
        if values is None:
            return None
        try:
            channel = cls(**values)
        except ValueError:
            return None
        # `room-007` has the values of `room-7`, and is another channel.
        return channel if channel.name == name else None

    def may_subscribe(self, user: Any) -> bool:
        """Decide whether a user may be in this channel; nobody may, unless a subclass says so.

        Args:
            user: of the connection; an `AnonymousUser` where nobody logged in.
        """
        return False

    def may_publish(self, user: Any) -> bool:
        """Decide whether a client of this user may publish to this channel by itself; nobody may.

        `publish()` in Python asks nobody.
        """
        return False

    def describe_member(self, user: Any) -> Mapping[str, Any]:
        """Return what the others are told of a member, besides its id, in values JSON can express.

        Args:
            user: None for an anonymous browser.
        """
        return {"name": "" if user is None else user.get_username()}

    def publish(
        self, data: Any, *, key: str | None = None, exclude: Excluded = (), now: bool = False
    ) -> Publication:
        """Send `data` to everybody in the channel, once the open transaction is committed.

        Args:
            data: anything JSON can express, as Django's JSON encoder sees it.
            key: makes a repeat do nothing; only for channels with history.
            exclude: sessions or connection ids to leave out, such as the sender's.
            now: send at once, also inside a transaction.

        Raises:
            ValueError: the message is too large or not JSON, or `key` is given.
        """
        return publish_to(self.name, data, key=key, exclude=exclude, now=now)

    async def apublish(
        self, data: Any, *, key: str | None = None, exclude: Excluded = (), now: bool = False
    ) -> Publication:
        """Publish as `publish` does, from async code; the event loop stays free meanwhile."""
        return await sync_to_async(self.publish)(data, key=key, exclude=exclude, now=now)

    def sessions(self) -> WebSocketSessionQuerySet:
        """Return the connected sessions in the channel, each once, as a queryset."""
        every: WebSocketSessionQuerySet = WebSocketSession.objects.all()
        return every.in_channel(self.name).connected()

    def members(self) -> list[Member]:
        """Return who is there: each user once, however many tabs; one query.

        A user who has just gone counts for 15 seconds more, so that a reload is no leave.
        """
        return find_members(self.name)

    def count(self) -> int:
        """Return the number of members; one query."""
        return count_members(self.name)

    def recheck(self, users: Iterable[Any] | None = None) -> int:
        """Ask `may_subscribe` again for those who are in, and take out those who may not.

        Call it in the transaction that ends somebody's right: no message that is published after
        its commit reaches those who lost it.

        Args:
            users: only these; None asks for everybody.

        Returns:
            The number of connections that were taken out.
        """
        asked = None if users is None else list(users)
        using = router.db_for_write(WebSocketSession)
        if transaction.get_connection(using).in_atomic_block:
            # Users who come in until the commit cannot be seen yet.
            after_commit(recheck_channel, self.name, asked, using=using)
        return recheck_channel(self.name, asked)
