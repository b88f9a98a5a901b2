"""Standard input is read a line at a time."""

from django_aws_api_gateway_websockets.management.terminal.happenings import LineCutter, Typed


def cut(cutter, *pieces):
    return [line for piece in pieces for line in cutter.cut(piece)]


def test_lines_are_cut_wherever_the_pieces_end():
    cutter = LineCutter()

    lines = cut(cutter, b"a\nb", b"", b"c\n\n", "ü".encode()[:1], "ü".encode()[1:], b"\nd")

    assert lines == [Typed("a"), Typed("bc"), Typed(""), Typed("ü")]
    assert cutter.has_begun
    assert cut(cutter, b"\n") == [Typed("d")]
    assert not cutter.has_begun


def test_the_rest_of_a_line_that_is_too_long_is_dropped_and_the_next_one_is_whole():
    cutter = LineCutter(longest=4)

    lines = cut(cutter, b"abcd\nabc", b"de", b"fgh", b"ij\nnext\n")

    assert lines == [Typed("abcd"), Typed("abcd", is_too_long=True), Typed("next")]
