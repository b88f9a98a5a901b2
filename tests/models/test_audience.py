"""Any queryset reaches each of its connected sessions once, nobody else, in its order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Count, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Length, Lower

from django_aws_api_gateway_websockets import models
from django_aws_api_gateway_websockets.models import WebSocketSession

pytestmark = pytest.mark.django_db

IN_GROUPS = Q(user__groups__name__in=["north", "south"])


class Double:
    """A project's double of boto3's client; remembers whom it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def post_to_connection(self, *, Data, ConnectionId):  # noqa: N803 - the names of AWS.
        self.asked.append(ConnectionId)
        return {}

    def delete_connection(self, *, ConnectionId):  # noqa: N803 - the name of AWS.
        self.asked.append(ConnectionId)


@pytest.fixture
def double(monkeypatch) -> Double:
    double = Double()
    monkeypatch.setattr(models, "get_boto3_client", lambda service, **kwargs: double)
    return double


@pytest.fixture
def everybody(api_gateway) -> None:
    """Sessions of users in no, one and two groups, of nobody, of the inactive, and closed ones."""
    north, south = (Group.objects.create(name=name) for name in ("north", "south"))
    users = get_user_model().objects
    ada, bob, cyd = (users.create_user(name) for name in ("ada", "bob", "cyd"))
    ada.groups.set([north, south])
    bob.groups.set([south])
    gone = users.create_user("dan", is_active=False)
    gone.groups.set([north, south])
    rows = [
        ("e=", "general", ada, True),
        ("b=", "support", bob, True),
        ("g=", "general", None, True),
        ("a=", "general", ada, False),
        ("c=", "support", cyd, True),
        ("h=", "general", gone, True),
        ("d=", "support", ada, True),
        ("f=", "general", bob, True),
    ]
    for connection_id, channel, user, is_connected in rows:
        WebSocketSession.objects.create(
            connection_id=connection_id,
            channel_name=channel,
            user=user,
            connected=is_connected,
            api_gateway=api_gateway,
        )


def in_channel(name: str) -> Any:
    return WebSocketSession.objects.filter(channel_name=name)


def in_groups() -> Any:
    return WebSocketSession.objects.filter(IN_GROUPS)


@dataclass(frozen=True)
class Shape:
    """A way to ask for sessions."""

    queryset: Callable[[], Any]
    has_order: bool = True
    needs: str = ""
    """Feature of the database without which the queryset itself fails."""
    like: Callable[[], Any] | None = field(default=None)
    """The same as sessions, for a queryset that gives something else."""


def every() -> Any:
    return WebSocketSession.objects


def by_rank() -> Any:
    return every().annotate(rank=Length("user__username") + F("pk")).order_by("-rank")


SHAPES = {
    "all": Shape(lambda: every().all(), has_order=False),
    "nobody": Shape(lambda: every().none()),
    "own column": Shape(lambda: every().order_by("-connection_id")),
    "own expression": Shape(lambda: every().order_by(Lower("connection_id").desc())),
    "two columns": Shape(lambda: every().order_by("channel_name", "-connection_id")),
    "to-many filter, reversed": Shape(lambda: in_groups().order_by("connection_id").reverse()),
    "to-many filter of nobody": Shape(
        lambda: in_groups().filter(pk__in=[]).order_by("user__username")
    ),
    "reversed": Shape(lambda: every().order_by("connection_id").reverse()),
    "at random": Shape(lambda: every().order_by("?"), has_order=False),
    "to-one filter": Shape(lambda: every().filter(user__username="ada").order_by("-pk")),
    "to-one flag": Shape(lambda: every().filter(user__is_active=True).order_by("-pk")),
    "to-one exclude": Shape(lambda: every().exclude(user__username="ada").order_by("-pk")),
    "gateway": Shape(
        lambda: every().filter(api_gateway__api_name="Test API").order_by("-connection_id")
    ),
    "to-one order": Shape(lambda: every().order_by("-user__username", "-connection_id")),
    "user's manager": Shape(
        lambda: get_user_model().objects.get(username="ada").websocket_sessions.order_by("-pk")
    ),
    "to-many filter": Shape(lambda: in_groups().order_by("-pk")),
    "to-many filter, to-one order": Shape(
        lambda: in_groups().order_by("-user__username", "connection_id")
    ),
    "to-many filter, no order": Shape(in_groups, has_order=False),
    "two to-many filters": Shape(
        lambda: in_groups().filter(user__groups__name="south").order_by("-pk")
    ),
    "to-many exclude": Shape(
        lambda: every().exclude(user__groups__name="north").order_by("-connection_id")
    ),
    "no groups": Shape(lambda: every().filter(user__groups=None).order_by("-pk")),
    "to-many order": Shape(lambda: every().order_by("-user__groups__name", "-pk")),
    "to-many filter and order": Shape(
        lambda: in_groups().order_by("user__groups__name", "connection_id")
    ),
    "distinct": Shape(lambda: every().distinct().order_by("-pk")),
    "distinct to-many": Shape(lambda: in_groups().distinct().order_by("-pk")),
    "distinct on": Shape(
        lambda: (
            every().filter(connected=True).order_by("channel_name", "-pk").distinct("channel_name")
        ),
        needs="can_distinct_on_fields",
    ),
    "annotated": Shape(by_rank),
    "counted": Shape(
        lambda: every().annotate(n=Count("user__groups")).order_by("-n", "connection_id")
    ),
    "counted and filtered": Shape(
        lambda: every().annotate(n=Count("user__groups")).filter(n=2).order_by("-pk")
    ),
    "sub-select": Shape(
        lambda: (
            every()
            .annotate(
                name=Subquery(
                    get_user_model().objects.filter(pk=OuterRef("user")).values("username")[:1]
                )
            )
            .filter(name="ada")
            .order_by("-pk")
        )
    ),
    "alias": Shape(lambda: every().alias(n=Length("connection_id")).order_by("n", "-pk")),
    "values": Shape(
        lambda: every().values("channel_name").order_by("-pk"),
        like=lambda: every().order_by("-pk"),
    ),
    "values_list": Shape(
        lambda: in_groups().values_list("user__groups__name", flat=True).order_by("-pk"),
        like=lambda: in_groups().order_by("-pk"),
    ),
    "only": Shape(lambda: every().only("channel_name").order_by("-pk")),
    "defer": Shape(lambda: every().defer("connection_id").order_by("-pk")),
    "select_related": Shape(lambda: every().select_related("user", "api_gateway").order_by("-pk")),
    "slice": Shape(lambda: every().order_by("-connection_id")[:4]),
    "slice with offset": Shape(lambda: every().order_by("connection_id")[2:6]),
    "slice of to-one": Shape(lambda: every().order_by("-user__username", "-pk")[:5]),
    "slice of to-many": Shape(lambda: in_groups().order_by("-connection_id")[:5]),
    "slice by to-many": Shape(lambda: every().order_by("user__groups__name", "connection_id")[3:8]),
    "slice of distinct": Shape(lambda: in_groups().distinct().order_by("-pk")[:3]),
    "slice of annotated": Shape(lambda: by_rank()[:4]),
    "slice of counted": Shape(
        lambda: every().annotate(n=Count("user__groups")).order_by("-n", "-pk")[:4]
    ),
    "slice of values": Shape(
        lambda: every().values("channel_name").order_by("-pk")[:4],
        like=lambda: every().order_by("-pk")[:4],
    ),
    "empty slice": Shape(lambda: every().order_by("pk")[2:2]),
    "union": Shape(lambda: in_channel("general").union(in_channel("support")), has_order=False),
    "union in order": Shape(
        lambda: in_channel("general").union(in_groups()).order_by("-connection_id")
    ),
    "union reversed": Shape(
        lambda: in_channel("general").union(in_groups()).order_by("connection_id").reverse()
    ),
    "union by an expression": Shape(
        lambda: in_channel("general").union(in_groups()).order_by(F("connection_id").desc())
    ),
    "slice of a union reversed": Shape(
        lambda: in_channel("general").union(in_groups()).order_by("connection_id").reverse()[:4]
    ),
    "union of all": Shape(
        lambda: in_channel("general").union(in_groups(), all=True).order_by("-connection_id")
    ),
    "slice of union": Shape(
        lambda: in_channel("general").union(in_groups()).order_by("-connection_id")[:3]
    ),
    "slice of union, offset": Shape(
        lambda: in_channel("general").union(in_groups()).order_by("connection_id")[2:5]
    ),
    "union of three": Shape(
        lambda: (
            in_channel("general")
            .union(in_channel("support"), every().none())
            .order_by("-connection_id")
        )
    ),
    "union of unions": Shape(
        lambda: (
            in_channel("general")
            .union(in_channel("support").union(in_groups()))
            .order_by("-connection_id")
        )
    ),
    "union of annotated": Shape(
        lambda: (
            in_channel("general")
            .annotate(n=Value(2))
            .union(in_channel("support").annotate(n=Value(1)))
            .order_by("n", "-connection_id")
        )
    ),
    "union of values": Shape(
        lambda: in_channel("general").values("pk").union(in_groups().values("pk")).order_by("-pk"),
        like=lambda: every().filter(Q(channel_name="general") | IN_GROUPS).order_by("-pk"),
    ),
    "intersection": Shape(
        lambda: in_groups().intersection(in_channel("general")).order_by("-connection_id"),
        needs="supports_select_intersection",
    ),
    "difference": Shape(
        lambda: every().all().difference(in_channel("general")).order_by("-connection_id"),
        needs="supports_select_difference",
    ),
    "slice of difference": Shape(
        lambda: every().all().difference(in_channel("general")).order_by("-connection_id")[:2],
        needs="supports_select_difference",
    ),
    "union of slices": Shape(
        lambda: (
            every().order_by("pk")[:3].union(every().order_by("-pk")[:2]).order_by("-connection_id")
        ),
        needs="supports_slicing_ordering_in_compound",
    ),
    "either": Shape(lambda: (in_channel("general") | in_groups()).order_by("-pk")),
    "both": Shape(lambda: (in_groups() & in_channel("general")).order_by("-pk")),
}


@pytest.fixture(params=SHAPES)
def shape(request, everybody) -> Shape:
    shape = SHAPES[request.param]
    if shape.needs and not getattr(connection.features, shape.needs):
        pytest.skip(f"{connection.vendor} has no such querysets.")
    return shape


def expected(shape: Shape, *, of_inactive: bool = False) -> list[str]:
    sessions: Iterator[WebSocketSession] = (shape.like or shape.queryset)().all()
    return list(
        dict.fromkeys(
            session.connection_id
            for session in sessions
            if session.connected and (of_inactive or session.user is None or session.user.is_active)
        )
    )


def check(asked: list[str], wanted: list[str], *, in_order: bool) -> None:
    if in_order:
        assert asked == wanted
    else:
        assert sorted(asked) == sorted(wanted)


def test_each_way_to_them_reaches_each_once(shape, double, django_assert_max_num_queries):
    wanted = expected(shape)

    assert shape.queryset().broadcast({}, plan=True).sockets == len(wanted)

    connected = shape.queryset().connected().filter(pk__gt=0)
    check([session.connection_id for session in connected], wanted, in_order=False)

    queryset = shape.queryset()
    with django_assert_max_num_queries(1):
        answers = queryset.send_message({}, max_workers=1)
    check(double.asked, wanted, in_order=shape.has_order)
    assert len(answers) == len(wanted)

    double.asked.clear()
    report = shape.queryset().broadcast({}, now=True)
    check(double.asked, wanted, in_order=False)
    assert report.sent == len(wanted)


def test_closing_closes_each_once_with_few_statements(
    shape, double, django_assert_max_num_queries, django_capture_on_commit_callbacks
):
    wanted, queryset = expected(shape, of_inactive=True), shape.queryset()

    with (
        django_capture_on_commit_callbacks(execute=True),
        # One asks which of them speak the wire protocol. On a server the rows are locked in order
        # first, in a transaction of their own.
        django_assert_max_num_queries(6 if connection.features.has_select_for_update else 3),
    ):
        closed = queryset.close()

    check(double.asked, wanted, in_order=shape.has_order)
    assert closed == len(wanted)
    assert not every().filter(connection_id__in=wanted, connected=True).exists()


def test_the_order_is_kept_where_one_can_go_on_filtering(everybody):
    orders = {
        "own": in_groups().order_by("-connection_id"),
        "of what it belongs to": in_groups().order_by("-user__username", "connection_id"),
        "turned round": in_groups().order_by("connection_id").reverse(),
        "of a slice": every().order_by("-connection_id")[:4],
    }

    found = {
        name: [session.connection_id for session in queryset.connected()]
        for name, queryset in orders.items()
    }

    assert found == {
        "own": ["f=", "e=", "d=", "b="],
        "of what it belongs to": ["b=", "f=", "d=", "e="],
        "turned round": ["f=", "e=", "d=", "b="],
        "of a slice": ["g=", "f=", "e="],
    }


@pytest.mark.parametrize(
    "use",
    [
        lambda sessions: sessions.send_message({}),
        lambda sessions: sessions.broadcast({}, now=True),
        lambda sessions: sessions.broadcast({}, plan=True),
        lambda sessions: sessions.enqueue_broadcast({}).report(),
        lambda sessions: sessions.close(),
    ],
    ids=["send_message", "broadcast", "plan", "enqueue_broadcast", "close"],
)
def test_no_cursor_is_left_on_the_server(everybody, double, monkeypatch, use):
    # A pool that gives each statement another connection, as PgBouncer's does when it pools
    # transactions, does not find it again.
    def refuse() -> None:
        pytest.fail("A cursor was left on the server.")

    monkeypatch.setattr(connection, "chunked_cursor", refuse)
    use(every().all())
