"""VPC links to Network Load Balancers, and the time it takes until they can be used.

Source: https://docs.aws.amazon.com/apigateway/latest/api/API_CreateVpcLink.html
"""

from typing import Final

from ..private_integrations import is_of_network_load_balancer
from ..records import JsonObject, Record

__all__ = ["SECONDS_OF_NEW_LINKS", "shown_vpc_link"]

SECONDS_OF_NEW_LINKS: Final = 120.0
"""Time, by the gateway's clock, in which a new link is PENDING: AWS says two to four minutes."""

# The texts were met on AWS: the second in
# https://github.com/hashicorp/terraform-provider-aws/issues/30910
_AVAILABLE: Final = {"status": "AVAILABLE", "statusMessage": "Your vpc link is ready for use"}
_FAILED: Final = {"status": "FAILED", "statusMessage": "NLB ARN is malformed"}


def shown_vpc_link(record: Record, *, now: float) -> JsonObject:
    """Return a link's document as it is at a moment."""
    if now < record.settles_at:
        return {**record.document, "status": "PENDING"}
    end = _AVAILABLE if is_of_network_load_balancer(record.document) else _FAILED
    return {**record.document, **end}
