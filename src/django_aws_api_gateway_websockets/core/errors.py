"""Every error that crosses from one part of the package to another, drawn once.

    WebSocketsError
    ├── MessageTooLargeError          also a ValueError
    ├── MessageNotSerialisableError   also a ValueError
    ├── ExpressionError               also a ValueError
    ├── TemplateError                 also a ValueError
    │   └── NoTemplateError
    ├── SignatureError
    │   ├── MissingSignatureError
    │   ├── UnknownAccessKeyError
    │   ├── SignatureMismatchError
    │   └── SignatureExpiredError
    ├── BroadcastBudgetError          also a ValueError
    ├── EndpointError                 also a ValueError
    ├── MissingCredentialsError
    │   └── UnusableCredentialsError
    ├── MissingRegionError            also a RuntimeError
    ├── ApiGatewaySyncError
    └── GatewayUnreachableError

What does not cross stands where it is raised, below the same base: LocalGatewayError in
`local_gateway`, and BackendError, ControlError and StateFileError in `gateway/`.

A class exists where a caller would act differently; what it needs for that is an attribute.
"""

__all__ = [
    "ApiGatewaySyncError",
    "BroadcastBudgetError",
    "EndpointError",
    "ExpressionError",
    "GatewayUnreachableError",
    "MessageNotSerialisableError",
    "MessageTooLargeError",
    "MissingCredentialsError",
    "MissingRegionError",
    "MissingSignatureError",
    "NoTemplateError",
    "SignatureError",
    "SignatureExpiredError",
    "SignatureMismatchError",
    "TemplateError",
    "UnknownAccessKeyError",
    "UnusableCredentialsError",
    "WebSocketsError",
]


class WebSocketsError(Exception):
    """Base of every error this package raises on its own account."""


class MessageTooLargeError(WebSocketsError, ValueError):
    """The encoded message is larger than API Gateway takes.

    Args:
        size_bytes: length of the message as it would travel, in bytes of UTF-8.
        limit_bytes: the largest length API Gateway accepts.
    """

    def __init__(self, *, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(
            f"Message exceeds AWS limit. The message is {size_bytes} bytes once encoded and API "
            f"Gateway takes at most {limit_bytes}: send less, split it, or send a link to the data."
        )
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


class MessageNotSerialisableError(WebSocketsError, ValueError):
    """The message has a value JSON cannot express."""


class ExpressionError(WebSocketsError, ValueError):
    """A selection expression is not of the form API Gateway understands."""


class TemplateError(WebSocketsError, ValueError):
    """A mapping template is not understood, or cannot be evaluated."""


class NoTemplateError(TemplateError):
    """No mapping template takes a message that may not pass without one."""


class SignatureError(WebSocketsError):
    """A request's AWS Signature Version 4 was not accepted."""


class MissingSignatureError(SignatureError):
    """The request carries no signature, or only part of one."""


class UnknownAccessKeyError(SignatureError):
    """The request is signed with an access key nobody here has issued."""


class SignatureMismatchError(SignatureError):
    """The signature is not the one these credentials give for this request."""


class SignatureExpiredError(SignatureError):
    """The signature was made too long ago, or in the future."""


class BroadcastBudgetError(WebSocketsError, ValueError):
    """A broadcast would take more than it was given; nothing has been sent.

    Args:
        units: what AWS would meter, in steps of 32 KB.
        budget_units: the most that was allowed.
        sockets: connections the message would go to.
    """

    def __init__(self, *, units: int, budget_units: int, sockets: int) -> None:
        super().__init__(
            f"The broadcast to {sockets} sockets would take {units} units and its budget is "
            f"{budget_units}: narrow the audience, shorten the message, or raise the budget."
        )
        self.units = units
        self.budget_units = budget_units
        self.sockets = sockets


class EndpointError(WebSocketsError, ValueError):
    """The address to send to, or what stands on the way to it, is not usable as configured."""


class MissingCredentialsError(WebSocketsError):
    """There are no AWS credentials to sign with."""


class UnusableCredentialsError(MissingCredentialsError):
    """There are AWS credentials, but no request can carry them."""


class MissingRegionError(WebSocketsError, RuntimeError):
    """No AWS region is set, so that there is no address to call."""


class ApiGatewaySyncError(WebSocketsError):
    """AWS and the rows were not brought together; the text is the kind of error that stopped it."""


class GatewayUnreachableError(WebSocketsError):
    """Nothing responds at the address of the gateway.

    Args:
        url: the address that was tried, without query or credentials.
        reason: what the operating system said.
    """

    def __init__(self, *, url: str, reason: str) -> None:
        super().__init__(
            f"No answer from {url} ({reason}). On your own machine, start the gateway with "
            "`manage.py runwebsocketgateway`; for AWS, check the region, the network and the "
            "endpoint settings."
        )
        self.url = url
        self.reason = reason
