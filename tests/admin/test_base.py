import pytest
from django.db import connection

from tests.admin.pages import list_of

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

DATED = ("apigateway", "apigatewayadditionalroute", "websocketsession", "connectionratelimit")


def knows_time_zones() -> bool:
    if connection.vendor != "mysql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT CONVERT_TZ('2000-01-01 00:00:00', 'UTC', 'Asia/Tokyo')")
        return cursor.fetchone()[0] is not None


@pytest.mark.parametrize("model", DATED)
def test_a_list_has_links_to_its_days_where_the_database_knows_the_time_zone(
    root, rows, model, settings
):
    settings.TIME_ZONE = "Asia/Tokyo"

    page = root.get(list_of(model)).content.decode()

    assert ('class="toplinks"' in page) is knows_time_zones()
    assert "0 results" not in page


@pytest.mark.parametrize("model", DATED)
def test_a_list_in_the_time_zone_of_the_database_needs_to_know_no_other(
    root, rows, model, settings
):
    settings.TIME_ZONE = "UTC"

    assert 'class="toplinks"' in root.get(list_of(model)).content.decode()
