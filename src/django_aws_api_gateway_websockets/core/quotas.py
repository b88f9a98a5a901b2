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
"""Shortest time an integration may be given to answer."""

MAX_INTEGRATION_TIMEOUT_MS: Final = 29_000
"""Longest time an integration may be given to answer; also the default."""
