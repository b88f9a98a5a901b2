"""Endpoint and credentials that a boto3 client has been given, for the engine in `delivery`."""

from typing import TYPE_CHECKING

from ..core.errors import MissingCredentialsError
from ..core.sigv4.sign import Credentials
from ..delivery.endpoint import Endpoint
from ..delivery.http1.request_writer import CredentialsProvider

if TYPE_CHECKING:
    from botocore.client import BaseClient

__all__ = ["client_credentials", "client_endpoint"]


def client_endpoint(client: "BaseClient") -> Endpoint:
    """Return the endpoint of a boto3 client for `apigatewaymanagementapi`."""
    return Endpoint.parse(client.meta.endpoint_url, region=client.meta.region_name)


def client_credentials(client: "BaseClient") -> CredentialsProvider:
    """Return a provider that reads the client's credentials anew each time.

    Credentials that refresh themselves stay valid so.

    Raises (when the provider is called):
        MissingCredentialsError: the client has none, or cannot refresh them.
    """

    def current() -> Credentials:
        # botocore signs with exactly this object and offers no public way to it.
        source = client._get_credentials()  # type: ignore[attr-defined] # noqa: SLF001
        if source is None:
            raise MissingCredentialsError(
                "There are no AWS credentials to send with: set AWS_IAM_PROFILE in the settings, "
                "or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the settings or the "
                "environment, or give the machine a role. The local gateway takes `local` for the "
                "key and the secret."
            )
        try:
            frozen = source.get_frozen_credentials()
        # STS refuses with botocore's error of a service, a provider of one's own with any.
        except Exception as error:
            raise MissingCredentialsError(
                f"The AWS credentials could not be refreshed ({error}): check the role or profile."
            ) from error
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)

    return current
