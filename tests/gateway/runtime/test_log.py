import pytest

from django_aws_api_gateway_websockets.gateway.runtime.log import quotable, redacted

CONTROLS = [chr(code) for code in (*range(32), *range(127, 160), 0x2028, 0x2029, 0xFEFF)]


@pytest.mark.parametrize(
    ("target", "written"),
    [
        ("/test?ws_token=abc&room=a", "/test?ws_token=[redacted]&room=a"),
        ("/test?room=a&WS_TOKEN=abc", "/test?room=a&WS_TOKEN=[redacted]"),
        ("/test?next=ws_token%3Dabc", "/test?next=ws_token%3D[redacted]"),
        ("/x?X-Amz-Signature=abc&X-Amz-Credential=k", None),
        ("/test?room=a", "/test?room=a"),
    ],
)
def test_secrets_stay_out_of_the_log(target, written):
    assert "abc" not in redacted(target)
    if written is not None:
        assert redacted(target) == written


@pytest.mark.parametrize("character", CONTROLS)
def test_a_text_from_outside_stays_one_line(character):
    line = quotable(f"a{character}b")

    assert line.isprintable()
    assert len(line.splitlines()) == 1


def test_a_long_text_is_cut():
    assert len(quotable("x" * 10_000)) == 203
