import pytest

from tests.checks.reports import ids, text_of


@pytest.mark.parametrize(
    "secret", ["short", "", "x" * 32 + "\n", b"x" * 32, 7, {}, ["x" * 32, ""], []]
)
def test_e001_a_secret_must_be_long_and_safe(settings, secret):
    settings.WEBSOCKETS = {"gateway_secret": secret}

    assert ids() == ["E001"]
    assert "newline" in text_of("E001")
    assert "x" * 32 not in text_of("E001")


def test_w001_and_w003_are_asked_of_a_deployment(settings):
    settings.AWS_GATEWAY_REGION_NAME = None

    assert {"W001", "W003"} <= set(ids(deploy=True))
    settings.AWS_REGION_NAME = "eu-west-1"
    settings.WEBSOCKETS = {"gateway_secret": "s" * 32}
    assert not {"W001", "W003"} & set(ids(deploy=True))


def test_w003_asks_the_profile_for_its_region(settings, monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile team]\nregion = ap-south-1\n[profile lost]\noutput = json\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    settings.AWS_GATEWAY_REGION_NAME = None

    settings.AWS_IAM_PROFILE = "team"
    assert "W003" not in ids(deploy=True)
    settings.AWS_IAM_PROFILE = "lost"
    assert "the profile 'lost' has no region" in text_of("W003")
    settings.AWS_IAM_PROFILE = "nobody"
    assert "AWS_IAM_PROFILE cannot be used: The config profile (nobody)" in text_of("W003")
