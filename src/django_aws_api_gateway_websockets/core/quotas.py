"""The fixed numbers of API Gateway WebSocket APIs.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

from typing import Final

MAX_MESSAGE_BYTES: Final = 128 * 1024
"""Largest message, in either direction."""

MAX_FRAME_BYTES: Final = 32 * 1024
"""Largest single frame a client may send."""

MAX_URL_CHARACTERS: Final = 4096
"""Longest URL of a handshake."""

IDLE_TIMEOUT_SECONDS: Final = 10 * 60.0
"""A connection on which nothing travels for this long is closed."""

MAX_CONNECTION_SECONDS: Final = 2 * 60 * 60.0
"""A connection is closed after this long, busy or not."""

MIN_INTEGRATION_TIMEOUT_MS: Final = 50
"""Shortest time an integration may be given to respond."""

MAX_INTEGRATION_TIMEOUT_MS: Final = 29_000
"""Longest time an integration may be given to respond; also the default."""

MAX_ROUTES: Final = 300
"""Routes of an API."""

MAX_INTEGRATIONS: Final = 300
"""Integrations of an API."""

MAX_STAGES: Final = 10
"""Stages of an API."""

MAX_LOG_FORMAT_CHARACTERS: Final = 3 * 1024
"""Longest format of an access log."""

MAX_DOMAIN_NAMES: Final = 120
"""Custom domain names of an account in a region."""

MAX_CLIENT_CERTIFICATES: Final = 60
"""Client certificates of an account in a region.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""

MAX_VPC_LINKS: Final = 20
"""VPC links of the first API, of an account in a region; the same page has them."""

CONNECTS_PER_SECOND: Final = 500
"""New connections of an account in a region, all its WebSocket APIs together."""

REQUESTS_PER_SECOND: Final = 10_000
"""Requests of an account in a region: connects, messages and calls of `@connections` alike.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

REQUESTS_AT_ONCE: Final = 5_000
"""The burst of those requests."""

CONTROL_CALLS_PER_SECOND: Final = 10
"""Calls of the control plane of an account in a region."""

CONTROL_CALLS_AT_ONCE: Final = 40
"""The burst of those calls."""

SECONDS_BETWEEN_DEPLOYMENTS: Final = 5
"""One CreateDeployment in this time."""

SECONDS_BETWEEN_DOMAIN_CHANGES: Final = 30
"""One CreateDomainName, one UpdateDomainName and one DeleteDomainName in this time."""
