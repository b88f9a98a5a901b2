"""A project's client decides how its messages travel."""

import threading

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from django_aws_api_gateway_websockets import models
from django_aws_api_gateway_websockets.delivery.outcome import OutcomeKind
from django_aws_api_gateway_websockets.sending.messages import Recipient
from django_aws_api_gateway_websockets.sending.transports import transport_for
from tests.delivery.recording_server import GONE, KEYS, REGION, RecordingServer

STAGE = Recipient("", "a1b2c3d4e5", "production")


class Double:
    """Answers as it is told, and keeps the calls."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.calls = []
        self.threads = set()

    def post_to_connection(self, **arguments):
        self.threads.add(threading.current_thread())
        return self._answer("post", arguments)

    def delete_connection(self, **arguments):
        return self._answer("delete", arguments)

    def _answer(self, name, arguments):
        self.calls.append((name, arguments))
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, Exception):
            raise answer
        return answer


def refusal(code):
    return ClientError({"Error": {"Code": code}}, "PostToConnection")


@pytest.fixture
def use(monkeypatch, settings):
    settings.AWS_GATEWAY_REGION_NAME = REGION

    def put(double):
        monkeypatch.setattr(models, "get_boto3_client", lambda *args, **kwargs: double)
        return double

    return put


def test_a_double_is_called_as_boto3_is(use):
    double = use(Double({"posted": 1}))
    transport = transport_for(STAGE)

    outcome = transport.post("a=", '"hi"')

    assert double.calls == [("post", {"Data": '"hi"', "ConnectionId": "a="})]
    assert (outcome.connection_id, outcome.kind, outcome.cause) == ("a=", OutcomeKind.SENT, "")
    assert transport.boto3_response(outcome) == {"posted": 1}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("GoneException", OutcomeKind.GONE),
        ("LimitExceededException", OutcomeKind.THROTTLED),
        ("PayloadTooLargeException", OutcomeKind.TOO_LARGE),
        ("413", OutcomeKind.TOO_LARGE),
        ("ForbiddenException", OutcomeKind.REFUSED),
        ("BadRequestException", OutcomeKind.REFUSED),
        ("InternalServerErrorException", OutcomeKind.FAILED),
    ],
)
def test_the_errors_of_a_double_are_outcomes_and_come_back_as_they_were(use, code, kind):
    error = refusal(code)
    use(Double(error))
    transport = transport_for(STAGE)

    outcome = transport.post("a=", "{}")

    assert (outcome.kind, outcome.cause) == (kind, code)
    assert transport.error(outcome) is error


def test_a_double_that_finds_no_gateway_fails_with_the_name_of_the_error(use):
    use(Double(EndpointConnectionError(endpoint_url="http://x")))

    [outcome] = transport_for(STAGE).post_many(["a="], "{}")

    assert (outcome.kind, outcome.cause) == (OutcomeKind.FAILED, "EndpointConnectionError")


def test_other_errors_of_a_double_are_its_own(use):
    use(Double(KeyError("x")))

    with pytest.raises(KeyError):
        transport_for(STAGE).post("a=", "{}")


def test_a_double_whose_post_returns_nothing_says_that_the_connection_is_gone(use):
    use(Double(None))

    assert transport_for(STAGE).post("a=", "{}").kind is OutcomeKind.GONE


@pytest.mark.parametrize(
    ("options", "in_threads"),
    [({}, False), ({"audience": 3}, True), ({"audience": 3, "max_workers": 1}, False)],
)
def test_a_double_is_called_from_threads_for_a_message_to_many(use, options, in_threads):
    double = use(Double())

    outcomes = list(transport_for(STAGE, **options).post_many(["a=", "b=", "c="], "{}"))

    assert [outcome.connection_id for outcome in outcomes] == ["a=", "b=", "c="]
    assert (threading.current_thread() not in double.threads) is in_threads


def test_a_double_closes_one_connection_after_the_other(use):
    double = use(Double(None, refusal("GoneException"), refusal("ForbiddenException")))

    outcomes = list(transport_for(STAGE).close_many(["a=", "b=", "c="]))

    assert [name for name, _ in double.calls] == ["delete"] * 3
    assert [outcome.cause for outcome in outcomes] == ["", "GoneException", "ForbiddenException"]


def test_a_client_of_boto3_has_its_messages_sent_by_the_engine(settings):
    settings.AWS_GATEWAY_REGION_NAME = REGION
    settings.AWS_ACCESS_KEY_ID = KEYS.access_key
    settings.AWS_SECRET_ACCESS_KEY = KEYS.secret_key
    with RecordingServer() as server:
        settings.WEBSOCKETS = {"management_endpoint_url": f"{server.url}/prod"}
        server.will_answer("b=", GONE)
        transport = transport_for(STAGE)

        sent, gone = transport.post("a=", "{}"), transport.post("b=", "{}")
        [closed] = transport.close_many(["c="])

    assert [sent.kind, gone.kind, closed.kind] == [
        OutcomeKind.SENT,
        OutcomeKind.GONE,
        OutcomeKind.SENT,
    ]
    assert [request.method for request in server.arrived] == ["POST", "POST", "DELETE"]
    metadata = transport.boto3_response(sent)["ResponseMetadata"]
    assert (metadata["HTTPStatusCode"], metadata["RetryAttempts"]) == (200, 0)
    assert transport.error(gone).response["Error"]["Code"] == "GoneException"
