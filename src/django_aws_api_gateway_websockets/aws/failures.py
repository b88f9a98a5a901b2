"""The failures of calls to AWS, in words for the person who has made them.

The words of AWS can name accounts, roles and resources, and so are no part of a sentence here.
"""

from typing import Final

from ..conf import uses_local_gateway
from ..core.errors import WebSocketsError
from ..provisioning.failures import describe_error

__all__ = ["explain_failure", "explain_kind", "lacks_right", "name_failure", "name_kind"]

_NO_CREDENTIALS: Final = (
    "there are no usable AWS credentials: set AWS_IAM_PROFILE in the settings, or "
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the settings or the environment, or give the "
    "machine a role"
)
_WRONG_CREDENTIALS: Final = (
    "AWS does not know these credentials: check that key and secret belong together, have not "
    "expired, and that the clock of this machine is right"
)
_NOT_ALLOWED: Final = (
    "AWS does not let these credentials do this: give their user or role the permissions of API "
    "Gateway, as the documentation lists them"
)
_UNREACHABLE: Final = (
    "nothing answered: check the network, the region in AWS_GATEWAY_REGION_NAME, and "
    'WEBSOCKETS["endpoint_url"] if it is set'
)
_LOCAL_UNREACHABLE: Final = (
    "the local gateway did not answer: start it with `manage.py runserver` or "
    "`manage.py runwebsocketgateway`"
)
_NOT_FOUND: Final = (
    "it does not exist there: it was deleted, or belongs to another account or region; check "
    "api_id and AWS_GATEWAY_REGION_NAME"
)
_LOCAL_NOT_FOUND: Final = (
    "the local gateway has no such API: start `manage.py runserver` again, which registers the "
    "APIs of the project in it"
)
_CONFLICT: Final = (
    "something of that name exists there already, or was being changed: look at it in AWS, then "
    "try again"
)
_TOO_MANY: Final = "AWS takes no more calls at the moment: try again in a minute"
_BROKEN: Final = "AWS had a failure of its own: try again in a minute"
_BAD_VALUE: Final = (
    "AWS does not accept a value of the record: AWS's own words, which are in the log, say which"
)
_NO_SUCH_PROFILE: Final = (
    "the profile of AWS_IAM_PROFILE does not exist on this machine: correct the name, or run "
    "`aws configure --profile NAME`"
)
_UNKNOWN: Final = "the log has the details"

_SENTENCES: Final[dict[str, tuple[str, ...]]] = {
    _NO_CREDENTIALS: (
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "MissingCredentialsError",
        "NoAuthTokenError",
        "SSOError",
        "SSOTokenLoadError",
        "TokenRetrievalError",
        "UnauthorizedSSOTokenError",
        "LoginRefreshRequired",
        "RefreshWithMFAUnsupportedError",
    ),
    _WRONG_CREDENTIALS: (
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    ),
    _NOT_ALLOWED: (
        "AccessDenied",
        "AccessDeniedException",
        "ForbiddenException",
        "UnauthorizedException",
        "UnauthorizedOperation",
    ),
    _UNREACHABLE: (
        "ConnectTimeoutError",
        "ConnectionClosedError",
        "ConnectionError",
        "EndpointConnectionError",
        "EndpointResolutionError",
        "GatewayUnreachableError",
        "HTTPClientError",
        "ProxyConnectionError",
        "ReadTimeoutError",
        "SSLError",
    ),
    _NOT_FOUND: ("NotFoundException", "ResourceNotFoundException"),
    _CONFLICT: ("ConflictException",),
    _TOO_MANY: (
        "LimitExceededException",
        "RequestLimitExceeded",
        "ServiceQuotaExceededException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    ),
    _BROKEN: ("InternalFailure", "InternalServerError", "ServiceUnavailable"),
    _BAD_VALUE: (
        "BadRequestException",
        "ParamValidationError",
        "UnprocessableEntityException",
        "ValidationException",
    ),
    _NO_SUCH_PROFILE: ("ConfigNotFound", "ProfileNotFound"),
}
_SENTENCE_OF: Final = {kind: text for text, kinds in _SENTENCES.items() for kind in kinds}
_LOCAL: Final = {_UNREACHABLE: _LOCAL_UNREACHABLE, _NOT_FOUND: _LOCAL_NOT_FOUND}


def name_failure(error: BaseException) -> str:
    """Return the kind of an error, for people."""
    return name_kind(describe_error(error.__cause__ or error))


def name_kind(kind: str) -> str:
    """Return a kind without its repetition: boto3 has classes that are named by their codes.

    Args:
        kind: as `last_error` of a gateway keeps it.
    """
    name, _, code = kind.partition(": ")
    return name if name == code else kind


def explain_failure(error: BaseException) -> str:
    """Return what has failed and what to do, as the rest of a sentence.

    Args:
        error: an error of boto3, or one of our own, whose text is for people.
    """
    cause = error.__cause__ or error
    if isinstance(cause, WebSocketsError):
        return str(cause).rstrip(".")
    return explain_kind(describe_error(cause))


def explain_kind(kind: str) -> str:
    """Return what has failed and what to do, by the name of the failure.

    Args:
        kind: as `last_error` of a gateway keeps it.
    """
    for name in reversed(kind.split(": ")):
        if text := _SENTENCE_OF.get(name):
            return _LOCAL.get(text, text) if uses_local_gateway() else text
    return _UNKNOWN


def lacks_right(error: BaseException) -> bool:
    """Tell whether AWS knows the credentials of a call, and does not let them do it."""
    kind = describe_error(error.__cause__ or error)
    return any(_SENTENCE_OF.get(name) == _NOT_ALLOWED for name in kind.split(": "))
