"""Declarations of the resources of the first API that WebSocket APIs need.

Members are those of botocore's model `apigateway` 2015-07-09.
"""

import re
from typing import Any, Final

from ....core.quotas import MAX_CLIENT_CERTIFICATES, MAX_VPC_LINKS
from ..fields import Field, text, texts
from ..private_integrations import VPC_LINKS, check_vpc_link_deletion
from ..records import Change, bad_request
from ..resources import Resource
from ..stage_certificates import CLIENT_CERTIFICATES, check_certificate_deletion

__all__ = ["CLIENT_CERTIFICATE", "FIRST_ROOT", "VPC_LINK"]

_DESCRIPTION: Final = Field("description", text(0, 1024))
_TAGS: Final = Field("tags", texts, is_fixed=True)
_LOAD_BALANCER: Final = re.compile(
    r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/\S+"
)


def _list_of_texts(value: Any) -> str | None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return "Member must be a list of strings"
    return None


def _check_vpc_link(change: Change) -> None:
    """Check that a VPC link has one target, which is a load balancer.

    One of another kind than a Network Load Balancer makes a link that fails, as on AWS. The first
    text is AWS's; its texts for no target and for another ARN are not known.

    Source: https://github.com/hashicorp/terraform-provider-aws/pull/2512
    """
    targets = change.document["targetArns"]
    if len(targets) > 1:
        raise bad_request("More than one target arn specified for vpc link.")
    if not targets or not _LOAD_BALANCER.fullmatch(targets[0]):
        raise bad_request(
            "TargetArns must have the ARN of a Network Load Balancer, such as arn:aws:"
            "elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/NAME/0123456789abcdef"
        )


CLIENT_CERTIFICATE: Final = Resource(
    name="ClientCertificate",
    collection=CLIENT_CERTIFICATES,
    id_field="clientCertificateId",
    id_length=6,
    quota=MAX_CLIENT_CERTIFICATES,
    fields=(_DESCRIPTION, _TAGS),
    check_deletion=check_certificate_deletion,
)

VPC_LINK: Final = Resource(
    name="VpcLink",
    collection=VPC_LINKS,
    id_field="id",
    id_length=6,
    quota=MAX_VPC_LINKS,
    fields=(
        Field("name", text(1, 1024), is_required=True),
        _DESCRIPTION,
        Field("targetArns", _list_of_texts, is_required=True, is_fixed=True),
        _TAGS,
    ),
    check=_check_vpc_link,
    check_deletion=check_vpc_link_deletion,
)

FIRST_ROOT: Final = Resource(
    name="",
    collection="",
    id_field="",
    id_length=0,
    fields=(),
    children=(CLIENT_CERTIFICATE, VPC_LINK),
)
"""Resource above all of them."""
