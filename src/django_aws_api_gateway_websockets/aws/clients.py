"""boto3 clients with the project's credentials, region and endpoint, built once a process.

Projects patch `django_aws_api_gateway_websockets.models.get_boto3_client` in their tests, so the
package itself asks `client_for`, which finds that attribute at the moment of use.

boto3 takes a third of the time in which a project starts, and most commands never talk to AWS: it
is imported where it is used.
"""

import hashlib
import os
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from django.apps import apps
from django.conf import settings

from ..conf import get_endpoint_url, uses_local_gateway
from ..core.errors import MissingRegionError
from .advice import local_gateway_advice
from .local_credentials import LOCAL_KEY, get_local_secret

if TYPE_CHECKING:
    from botocore.config import Config

__all__ = [
    "AWS_CONNECT_TIMEOUT",
    "AWS_MAX_ATTEMPTS",
    "AWS_READ_TIMEOUT",
    "clear_boto3_client_cache",
    "client_for",
    "get_boto3_client",
    "get_region_name",
    "has_double",
]

AWS_CONNECT_TIMEOUT: Final = 5
"""Seconds to reach AWS."""
AWS_READ_TIMEOUT: Final = 20
"""Seconds to wait for a response of AWS."""
AWS_MAX_ATTEMPTS: Final = 3
"""Attempts at one call, the first included."""

_LOCAL_REGION: Final = "us-east-1"

_clients: dict[tuple[Any, ...], Any] = {}
_lock = threading.Lock()


def get_region_name() -> str:
    """Return the region: `AWS_GATEWAY_REGION_NAME`, else `AWS_REGION_NAME`, else the profile's own.

    With the local gateway any region does, so a missing one is no error there.

    Raises:
        MissingRegionError: no region is set anywhere; a RuntimeError.
    """
    region = _setting("AWS_GATEWAY_REGION_NAME") or _setting("AWS_REGION_NAME")
    if region:
        return region
    if uses_local_gateway():
        return _LOCAL_REGION
    if profile := _setting("AWS_IAM_PROFILE"):
        import boto3

        region = boto3.Session(profile_name=profile).region_name
    if not region:
        raise MissingRegionError(
            "No AWS region: set AWS_GATEWAY_REGION_NAME (or AWS_REGION_NAME) in the settings, or "
            "AWS_IAM_PROFILE to a profile that has one. AWS_DEFAULT_REGION of the environment is "
            f"not read. {local_gateway_advice()}"
        )
    return region


def get_boto3_client(service: str = "apigatewayv2", **kwargs: Any) -> Any:
    """Return a boto3 client with the project's credentials, region and endpoint.

    Credentials come from `AWS_IAM_PROFILE`, else from `AWS_ACCESS_KEY_ID` with
    `AWS_SECRET_ACCESS_KEY`, else from the machine. A client is built once a process for each
    combination of service, settings and arguments, and is safe to share between threads.

    Args:
        service: name of the AWS service.
        kwargs: handed to boto3. Without `config`: 5 s to connect, 20 s to read, 3 attempts.

    Raises:
        MissingRegionError: a region is needed and none is set.
    """
    if service == "apigatewayv2" and "endpoint_url" not in kwargs and get_endpoint_url():
        kwargs["endpoint_url"] = get_endpoint_url()
    session_kwargs, client_kwargs = _identity()
    client_kwargs.update(kwargs)
    client_kwargs.setdefault("config", _default_config())
    key = _cache_key(service, session_kwargs, client_kwargs)
    client = _clients.get(key)
    if client is None:
        # boto3 sessions are not safe to use from several threads at once; clients are.
        with _lock:
            client = _clients.get(key)
            if client is None:
                import boto3

                session: Any = boto3.Session(**session_kwargs)
                client = session.client(service, **client_kwargs)
                _clients[key] = client
    return client


def client_for(service: str | None = None, **kwargs: Any) -> Any:
    """Return the client of a service, made by the present value of `models.get_boto3_client`.

    That attribute is documented as the place where projects put a double in their tests, and a
    double gets every argument. Our own function gets no `config` of a broadcast: the engine has
    deadlines and connections of its own, and each size of audience would add a client.

    Args:
        service: name of the AWS service; None leaves it to the function, and is not said to it.
        kwargs: as `get_boto3_client` takes them.
    """
    get_client = _projects_function()
    if get_client is get_boto3_client:
        kwargs.pop("config", None)
    named = () if service is None else (service,)
    return get_client(*named, **kwargs)


def has_double() -> bool:
    """Tell whether a project has put a function of its own in the place of `get_boto3_client`."""
    return _projects_function() is not get_boto3_client


def clear_boto3_client_cache() -> None:
    """Forget every client, so that the next call builds a new one."""
    with _lock:
        _clients.clear()


def _projects_function() -> Any:
    models: Any = apps.get_app_config("django_aws_api_gateway_websockets").models_module
    return models.get_boto3_client


def _setting(name: str) -> str:
    value = getattr(settings, name, None)
    return str(value) if value else ""


def _identity() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arguments for the boto3 session and for its client: credentials and region."""
    if uses_local_gateway():
        return {}, {
            "region_name": get_region_name(),
            "aws_access_key_id": LOCAL_KEY,
            "aws_secret_access_key": get_local_secret(),
        }
    if profile := _setting("AWS_IAM_PROFILE"):
        region = _setting("AWS_GATEWAY_REGION_NAME") or _setting("AWS_REGION_NAME")
        return {"profile_name": profile}, {"region_name": region} if region else {}
    access_key, secret_key = _setting("AWS_ACCESS_KEY_ID"), _setting("AWS_SECRET_ACCESS_KEY")
    client_kwargs = {"region_name": get_region_name()}
    if access_key and secret_key:
        client_kwargs |= {"aws_access_key_id": access_key, "aws_secret_access_key": secret_key}
    return {}, client_kwargs


@lru_cache(maxsize=1)
def _default_config() -> "Config":
    from botocore.config import Config

    return Config(
        connect_timeout=AWS_CONNECT_TIMEOUT,
        read_timeout=AWS_READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": AWS_MAX_ATTEMPTS},
    )


def _cache_key(
    service: str, session_kwargs: dict[str, Any], client_kwargs: dict[str, Any]
) -> tuple[Any, ...]:
    # A forked child must not share the parent's sockets, hence the process id. The secret is
    # hashed so that the keys of this dictionary are harmless in a memory dump or a debugger.
    shown = {name: _comparable(name, value) for name, value in client_kwargs.items()}
    return (
        os.getpid(),
        service,
        *sorted(session_kwargs.items()),
        *sorted(shown.items()),
    )


def _comparable(name: str, value: Any) -> str:
    if name == "config" and value is not None:
        # Equal configurations share a client; botocore's Config has no equality of its own.
        options = value._user_provided_options  # noqa: SLF001
        return repr(sorted(options.items(), key=lambda item: item[0]))
    if name == "aws_secret_access_key":
        return hashlib.sha256(str(value).encode()).hexdigest()
    return repr(value)
