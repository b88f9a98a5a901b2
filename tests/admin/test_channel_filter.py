import pytest

from django_aws_api_gateway_websockets.admin.channel_filter import BUSIEST_CHANNELS
from django_aws_api_gateway_websockets.models import WebSocketSession
from tests.admin.pages import list_of

pytestmark = pytest.mark.django_db


def connect(*channels: str) -> None:
    first = WebSocketSession.objects.count()
    WebSocketSession.objects.bulk_create(
        WebSocketSession(connection_id=f"{number}=", channel_name=channel)
        for number, channel in enumerate(channels, first)
    )


@pytest.fixture
def offered(viewer):
    """Return a function that reads the filter's links on the page with a query string."""

    def look(query: str = "") -> list[dict]:
        changelist = viewer.get(f"{list_of('websocketsession')}?{query}").context["cl"]
        return list(changelist.filter_specs[1].choices(changelist))

    return look


def found(viewer, query: str) -> list[str]:
    response = viewer.get(f"{list_of('websocketsession')}?{query}")
    return sorted(session.channel_name for session in response.context["cl"].result_list)


def test_the_busiest_channels_are_offered_first(offered):
    connect("rare", "busy", "busy", "busy", "some", "some")

    assert [choice["display"] for choice in offered()] == ["All", "busy", "some", "rare"]


def test_only_a_few_are_offered(offered):
    connect(*(f"channel-{number}" for number in range(BUSIEST_CHANNELS + 20)))

    assert len(offered()) == 1 + BUSIEST_CHANNELS


def test_the_chosen_one_is_offered_though_it_is_not_busy(offered):
    connect("quiet", *(f"channel-{number % 10}" for number in range(30)))

    choices = offered("channel_name=quiet")

    assert [choice["display"] for choice in choices if choice["selected"]] == ["quiet"]
    assert choices[0]["display"] == "All"
    assert not choices[0]["selected"]


def test_a_link_leads_to_the_sessions_of_its_channel(viewer, offered):
    connect("one & two", "one", "one", "")

    for choice in offered()[1:]:
        channels = set(found(viewer, choice["query_string"].removeprefix("?")))
        assert len(channels) == 1
    assert found(viewer, "channel_name=one %26 two") == ["one & two"]
    assert found(viewer, "channel_name=") == [""]
    assert found(viewer, "channel_name=nowhere") == []


def test_the_field_keeps_the_search_and_the_other_filters(viewer):
    connect("general")

    page = viewer.get(f"{list_of('websocketsession')}?q=gen&connected__exact=1").content.decode()
    form = page[page.index("<form", page.index('data-filter-title="channel name"')) :]
    form = form[: form.index("</form>")]

    assert '<input type="hidden" name="q" value="gen">' in form
    assert '<input type="hidden" name="connected__exact" value="1">' in form
    assert 'name="channel_name"' in form


def test_a_search_keeps_the_channel(viewer):
    connect("general", "other")

    page = viewer.get(f"{list_of('websocketsession')}?channel_name=general").content.decode()

    assert '<input type="hidden" name="channel_name" value="general">' in page


def test_a_channel_with_markup_in_its_name_is_text(viewer):
    connect("<script>alert(1)</script>")

    page = viewer.get(f"{list_of('websocketsession')}?channel_name=<script>x").content.decode()

    assert "<script>alert" not in page
    assert "<script>x" not in page


def test_a_long_name_is_cut_and_an_empty_one_has_a_label(offered):
    connect("x" * 128, "")

    labels = [choice["display"] for choice in offered()]

    assert "-" in labels
    assert max(map(len, labels)) <= 28


def test_a_name_no_database_can_hold_finds_nothing(viewer):
    connect("general")

    assert found(viewer, "channel_name=%00") == []
