"""The check of request signatures against the credentials that the gateway knows.

AWS evaluates IAM on these calls, whatever the routes of the API allow. A page in the developer's
browser cannot sign a request across origins without a preflight, which the gateway never grants.
"""

from collections.abc import Mapping
from typing import Final

from ...core.errors import (
    MissingSignatureError,
    SignatureError,
    SignatureExpiredError,
    UnknownAccessKeyError,
)
from ...core.sigv4.check import SignedRequest, VerifiedSignature, verify
from ..runtime.clock import Clock
from ..runtime.log import problems
from .messages import HttpRequest, HttpResponse, json_response

__all__ = ["EXECUTE_API", "SignatureCheck"]

EXECUTE_API: Final = "execute-api"
"""Service name in signatures of calls of `@connections`."""

_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)


class SignatureCheck:
    """Check of signatures against a table of secret keys by access key."""

    def __init__(self, credentials: Mapping[str, str], clock: Clock) -> None:
        self._credentials = credentials
        self._clock = clock

    def refusal(self, request: HttpRequest, *, service: str) -> HttpResponse | None:
        """Return the response that refuses a request; `None` for a request that may be served."""
        try:
            self.verified(request, service=service)
        except SignatureError as error:
            problems.warning("A %s request was refused. %s", service, error)
            return _response_to(error)
        return None

    def verified(self, request: HttpRequest, *, service: str) -> VerifiedSignature:
        """Verify the signature of a request.

        Raises:
            SignatureError: the signature is missing, wrong or too old.
        """
        path, _, query = request.target.partition("?")
        signed = SignedRequest(
            method=request.method,
            path=path,
            query=query,
            headers=tuple([(name.lower(), value) for name, value in request.headers]),
            body=request.body,
        )
        # Any region is accepted: it decides nothing here, and a wrong one shows in the host name.
        return verify(
            signed,
            secret_of=self._credentials.get,
            moment=self._clock.real_now(),
            services=(service,),
        )


def _response_to(error: SignatureError) -> HttpResponse:
    match error:
        case MissingSignatureError():
            kind, message = "MissingAuthenticationTokenException", "Missing Authentication Token"
        case UnknownAccessKeyError():
            kind = "UnrecognizedClientException"
            message = "The security token included in the request is invalid."
        case SignatureExpiredError():
            kind, message = "InvalidSignatureException", f"Signature expired. {error}"
        case _:
            kind, message = "InvalidSignatureException", _MISMATCH
    return json_response(403, {"message": message}, error_type=kind)
