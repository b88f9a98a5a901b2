"""The outline of a row of numbers."""

from django_aws_api_gateway_websockets.admin.sparkline import draw


def test_the_largest_number_is_at_the_top_and_nothing_at_the_bottom():
    drawn = draw([0, 10, 5])

    assert drawn.line == "M0.0,58.0 L300.0,2.0 L600.0,30.0"
    assert drawn.area == f"{drawn.line} L600,60 L0,60 Z"


def test_a_day_without_sockets_is_a_flat_line():
    assert draw([0, 0]).line == "M0.0,58.0 L600.0,58.0"
