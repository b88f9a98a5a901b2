"""Hops of the address that browsers open: its name, and its certificate."""

import queue
import socket
import ssl
import threading
import time
from typing import Any, Final
from urllib.parse import urlsplit

from ...conf import uses_local_gateway
from ...core.errors import EndpointError
from ..visit.requests import find_proxy, trust
from .case import Case
from .finding import Finding, broken, not_needed, warning, well
from .hop import PROMPT_SECONDS, Hop

__all__ = ["HOPS"]

_WSS_PORT: Final = 443
_FEW_DAYS: Final = 14
_DAY_SECONDS: Final = 86_400

# Numbers of OpenSSL, from its x509_vfy.h.
_EXPIRED: Final = 10
_NOT_YET_VALID: Final = 9
_OTHER_HOST: Final = 62


def look_at_dns(case: Case) -> Finding:
    """Look the name of the socket's host up."""
    host, port = _place(case)
    if host.replace(".", "").isdigit() or ":" in host:
        return not_needed("the socket's address is a number")
    try:
        if find_proxy(case.socket_url) is not None:
            return not_needed("a proxy of the environment looks names up")
    except EndpointError as error:
        return broken(str(error), "Correct HTTPS_PROXY in the environment, or unset it.")
    try:
        found = _look_up(host, port)
    except TimeoutError:
        return broken(
            f"Nobody said within {PROMPT_SECONDS:g} s where {host} is.",
            "Look at the name servers of this machine, and try again.",
        )
    except OSError as error:
        return broken(f"{host} has no address: {error.strerror or error}.", _words_for_dns(case))
    return well(f"{host} is {found[0]}" + (f" and {len(found) - 1} more." if found[1:] else "."))


def look_at_tls(case: Case) -> Finding:
    """Shake hands by TLS, and read the certificate."""
    if urlsplit(case.socket_url).scheme != "wss":
        return not_needed("the socket's address is ws://")
    if find_proxy(case.socket_url) is not None:
        return not_needed("a proxy of the environment stands before it")
    host, port = _place(case)
    try:
        days = _days_of_certificate(host, port)
    except OSError as error:
        return _explain_broken_tls(case, host, port, error)
    if days < _FEW_DAYS:
        where = "ACM says why" if case.api.domain_name == host else "see why"
        return warning(
            f"The certificate of {host} ends soon: {days} days are left.",
            f"Renew it; {where} that has not happened by itself.",
        )
    return well(f"The certificate of {host} is good for {days} days.")


def _days_of_certificate(host: str, port: int) -> int:
    """Return the days for which the certificate that is shown there is still good.

    Raises:
        OSError: there is none that can be trusted, or nothing responds.
    """
    with (
        socket.create_connection((host, port), PROMPT_SECONDS / 2) as plain,
        trust().wrap_socket(plain, server_hostname=host) as secured,
    ):
        certificate: Any = secured.getpeercert()
    ends = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    return int((ends - time.time()) // _DAY_SECONDS)


def _explain_broken_tls(case: Case, host: str, port: int, error: OSError) -> Finding:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _explain_certificate(case, host, error)
    if isinstance(error, ssl.SSLError):
        return broken(
            f"{host}:{port} speaks no TLS ({error.reason}).",
            "Let its address begin with ws:// if it is to be open, or correct the port.",
        )
    reason = "no answer" if isinstance(error, TimeoutError) else error.strerror or str(error)
    return broken(
        f"Nobody can connect to {host}:{port}: {reason.lower()}.",
        "Look at firewalls on the way, and at the address that the name leads to.",
    )


def _explain_certificate(case: Case, host: str, error: ssl.SSLCertVerificationError) -> Finding:
    renew = "Renew it, and restart what serves it."
    covering = f"Use a certificate for {host}."
    if case.api.domain_name == host:
        renew = "Renew it in ACM: its records for validation by DNS must still be there."
        covering = f"Choose one in ACM that covers {host}, enter its ARN in certificate_arn, and "
        covering += "give it to the custom domain in AWS."
    if error.verify_code == _EXPIRED:
        return broken(f"The certificate of {host} has expired.", renew)
    if error.verify_code == _NOT_YET_VALID:
        return broken(f"The certificate of {host} is not valid yet.", "Set this machine's clock.")
    if error.verify_code == _OTHER_HOST:
        return broken(f"The certificate of {host} is for another name.", covering)
    return broken(
        f"The certificate of {host} is not trusted: {error.verify_message}.",
        "Use one of a public authority; where this machine is to trust another one, name its "
        "certificate in SSL_CERT_FILE.",
    )


def _words_for_dns(case: Case) -> str:
    api, (host, _) = case.api, _place(case)
    if uses_local_gateway():
        return 'Use 127.0.0.1 or localhost in WEBSOCKETS["local_gateway_address"].'
    if api.domain_name == host:
        target = api.api_gateway_domain_name or "the target that AWS shows for the custom domain"
        return f"Create a CNAME record {host} that leads to {target}, where its DNS is kept."
    return (
        "Correct the region in AWS_GATEWAY_REGION_NAME, and api_id and api_endpoint in the record."
    )


def _look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a name, each once.

    Raises:
        TimeoutError: nobody says in time; the system's own patience is longer.
        OSError: there are none.
    """
    results: queue.Queue[Any] = queue.Queue()

    def ask() -> None:
        try:
            results.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            results.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = results.get(timeout=PROMPT_SECONDS)
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(found, OSError):
        raise found
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _place(case: Case) -> tuple[str, int]:
    parts = urlsplit(case.socket_url)
    return parts.hostname or "", parts.port or (_WSS_PORT if parts.scheme == "wss" else 80)


HOPS: Final = (
    Hop(
        name="dns",
        about="the name of the socket's host has an address",
        look=look_at_dns,
        needs=("region", "record"),
    ),
    Hop(
        name="tls",
        about="its certificate is trusted, valid, and for that name",
        look=look_at_tls,
        needs=("dns",),
    ),
)
