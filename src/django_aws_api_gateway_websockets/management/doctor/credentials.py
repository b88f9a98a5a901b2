"""Hops before any API is asked: the region, the credentials, and the gateway on this machine."""

from typing import Final

from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError
from django.conf import settings
from django.utils.text import capfirst

from ...aws.advice import local_gateway_advice, missing_gateway_advice
from ...aws.clients import get_region_name
from ...aws.credentials import client_credentials
from ...aws.endpoints import get_dns_suffix
from ...aws.failures import explain_failure, name_failure
from ...conf import get_endpoint_url, get_local_gateway_address, uses_local_gateway
from ...core.errors import MissingCredentialsError, MissingRegionError
from ..local_gateway import describe_project, setting_for_port
from ..ports import find_free_port
from .case import Case
from .finding import Finding, broken, not_needed, warning, well
from .hop import Hop

__all__ = ["HOPS"]

_CREDENTIALS_SECONDS: Final = 5.0
"""The machine's role is asked for at an address that may be silent, twice."""


def look_at_region(case: Case) -> Finding:
    """Find the region of the APIs."""
    if uses_local_gateway():
        return not_needed("the local gateway serves any region")
    try:
        region = get_region_name()
        get_dns_suffix(region)
    except (MissingRegionError, BotoCoreError) as error:
        return broken(
            f"There is no usable AWS region: {str(error).rstrip('.')}.",
            'Set AWS_GATEWAY_REGION_NAME to the region of your APIs, such as "eu-west-1".',
        )
    return well(f"The region is {region}.")


def look_at_credentials(case: Case) -> Finding:
    """Find credentials; whether AWS knows them is seen with the first call."""
    if uses_local_gateway():
        return not_needed("the local gateway takes `local` for key and secret")
    case.take_time()
    try:
        if not isinstance(case.client, BaseClient):
            return warning(
                "models.get_boto3_client is a double, so nobody knows what really signs."
            )
        client_credentials(case.client)()
    except (MissingCredentialsError, BotoCoreError) as error:
        cause = error.__cause__ or error
        explained = explain_failure(cause).rstrip(".")
        return broken(
            f"There are no AWS credentials to sign with: {name_failure(cause)}.",
            f"{capfirst(explained)}. {local_gateway_advice()}".strip(),
        )
    return well(f"There are credentials, from {_source_of_credentials()}.")


def look_at_gateway(case: Case) -> Finding:
    """Find the gateway on this machine, and whose it is."""
    if not uses_local_gateway():
        url = get_endpoint_url()
        return not_needed(f"AWS's APIs are at {url}" if url else "the APIs are in AWS")
    address, project = get_local_gateway_address(), case.project
    if project is None:
        if advice := missing_gateway_advice():
            return broken(
                advice.partition(", where")[0] + ", where the local gateway should be.",
                "Start `python manage.py runserver`, which brings it up; beside another server, "
                "`python manage.py runwebsocketgateway`.",
            )
        free = find_free_port(address.host, after=address.port)
        return broken(
            f"Something listens at {address.url}, and it is no gateway of this package.",
            f"Stop it, or {setting_for_port(address.host, free)}; then start "
            "`python manage.py runserver` again.",
        )
    if project.id not in {"", describe_project("").id}:
        free = find_free_port(address.host, after=address.port)
        return broken(
            f"The gateway at {address.url} belongs to another project.",
            f"Stop that one, or give this one a gateway of its own: "
            f"{setting_for_port(address.host, free)}, and start `python manage.py runserver` "
            "again.",
        )
    return well(f"The gateway of this project is at {address.url}.")


def _source_of_credentials() -> str:
    """Name the place of the credentials, in the order in which they are looked for."""
    if getattr(settings, "AWS_IAM_PROFILE", None):
        return "AWS_IAM_PROFILE"
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    if all(getattr(settings, name, None) for name in names):
        return "the settings"
    return "the machine, as boto3 finds them"


HOPS: Final = (
    Hop(
        name="region",
        about="the AWS region is known",
        look=look_at_region,
        is_shared=True,
    ),
    Hop(
        name="credentials",
        about="there are AWS credentials to sign with",
        look=look_at_credentials,
        needs=("region",),
        is_shared=True,
        most_seconds=_CREDENTIALS_SECONDS,
    ),
    Hop(
        name="gateway",
        about="the local gateway is there, and is this project's",
        look=look_at_gateway,
        is_shared=True,
    ),
)
