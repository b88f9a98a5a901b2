"""Hops from API Gateway to the view: a probe goes through both, and the view reports on it."""

from typing import Final
from urllib.parse import urlsplit

from ...conf import uses_local_gateway
from ...core.quotas import MAX_INTEGRATION_TIMEOUT_MS
from ...receiving.signed_probe import PROBE_HEADER, ProbeReport, SecretState, sign
from ..visit.cookies import explain_withheld_cookie
from ..visit.requests import BackendResponse, shake_hands
from .case import Case
from .finding import Finding, broken, not_needed, warning, well
from .hop import Hop
from .refusals import explain_refusal, words_for_sync

__all__ = ["HANDSHAKE_SECONDS", "HOPS", "send_probe"]

HANDSHAKE_SECONDS: Final = MAX_INTEGRATION_TIMEOUT_MS / 1000 + 1
"""Patience with Django, which may have to wake up: a little more than API Gateway itself has."""

_NGINX: Final = {
    "x-real-ip": "proxy_set_header X-Real-Ip $remote_addr;",
    "x-forwarded-for": "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    "x-forwarded-proto": "proxy_set_header X-Forwarded-Proto $scheme;",
    "x-forwarded-port": "proxy_set_header X-Forwarded-Port $server_port;",
    "host": "proxy_set_header Host $http_host;",
}


def look_at_reachability(case: Case) -> Finding:
    """Send a probe through API Gateway to the view."""
    case.take_time()
    try:
        response = send_probe(case)
    except OSError as error:
        return _explain_silence(case, error)
    report = ProbeReport.read(response.body)
    if report is None or report.nonce != case.nonce:
        return explain_refusal(case, response)
    case.report = report
    if not report.knows_api:
        return broken(
            f"{report.view} was reached, and its database has no ApiGateway with the id "
            f"{case.api.api_id}.",
            "Let both have the same DATABASES: the doctor's environment differs from the one of "
            "the server, or the API calls another site.",
        )
    if report.route != "connect":
        return broken(
            f"{report.view} was reached, and its URL does not tell it the route.",
            "Let its URL end with a slug named route: path('ws/<slug:route>', MyView.as_view()).",
        )
    if not report.takes_method:
        return broken(
            f"{report.view} takes no POST, and API Gateway sends nothing else.",
            'Let its http_method_names have "post".',
        )
    return well(f"A probe came through API Gateway to {report.view}.")


def look_at_proxy_headers(case: Case) -> Finding:
    """Look for headers that were lost on the way."""
    report = case.report_of_view
    is_mapped = "connectionid" not in {name.lower() for name in report.missing}
    if not is_mapped or not report.has_connection_id:
        return broken(
            "The connection id does not get to Django: the integration does not map it, or a proxy "
            "drops the header connectionId.",
            words_for_sync(case),
        )
    if report.missing:
        lines = [_NGINX[name.lower()] for name in report.missing if name.lower() in _NGINX]
        nginx = f" In nginx: {' '.join(lines)}" if lines else ""
        return broken(
            f"Headers are missing when the event gets to Django: {', '.join(report.missing)}.",
            f"Let the proxy before Django send them on, or take them out of "
            f"{report.view}.additional_required_headers.{nginx}",
        )
    if not report.has_mapped_address:
        return warning(
            "API Gateway does not state the client's address in the header of this site, so limits "
            "of attempts count what clients say.",
            words_for_sync(case),
        )
    return well("All headers that the view needs get to Django.")


def look_at_secret(case: Case) -> Finding:
    """Look at the gateway secret, as the view has got it."""
    state = case.report_of_view.secret
    if state == SecretState.ACCEPTED:
        return well("API Gateway shows the gateway secret.")
    if state == SecretState.UNSET:
        if uses_local_gateway():
            return not_needed("the settings have no gateway_secret, and here nobody needs one")
        return warning(
            'WEBSOCKETS["gateway_secret"] is not set: whoever reaches the view can speak as API '
            "Gateway.",
            "Set it in the order that docs/explanation/security-model.md#the-gateway-secret has.",
        )
    how = "no" if state == SecretState.MISSING else "another"
    return broken(
        f"API Gateway shows {how} gateway secret, and the view refuses everything without its own.",
        words_for_sync(case),
    )


def look_at_origin(case: Case) -> Finding:
    """Compare the host Django is called by with ALLOWED_HOSTS, and with the pages' origin."""
    report = case.report_of_view
    called = urlsplit(case.backend_url).netloc
    if not report.is_allowed_host:
        return broken(
            f"Django is called by the host {report.host}, which ALLOWED_HOSTS lacks.",
            f"Add {report.host.partition(':')[0]!r} to ALLOWED_HOSTS.",
        )
    if report.is_origin_of_host:
        return well(f"Pages of {case.site} may connect: Django is called by {report.host}.")
    if report.host != called:
        return broken(
            f"Django is called by the host {report.host}, since the proxy before it changes the "
            f"Host; pages of {case.site} are refused.",
            f"Let the proxy keep the Host {called}. In nginx: {_NGINX['host']}",
        )
    return broken(
        f"Pages of {case.site} are refused: Django is called at {report.host}, which is another "
        "site to a browser.",
        "Let the pages be at that host or below it, with the same port, or let "
        "target_base_endpoint have the pages' host.",
    )


def look_at_cookies(case: Case) -> Finding:
    """Work out whether a browser sends the session cookie of the site to the socket."""
    if not case.demands_login:
        return not_needed("the view admits everybody")
    if withheld := explain_withheld_cookie(case.site, case.socket_url):
        return broken(f"{withheld.reason}.", withheld.remedy)
    return well(f"A browser that has logged in at {case.site} sends its session cookie along.")


def send_probe(case: Case, seconds: float = HANDSHAKE_SECONDS) -> BackendResponse:
    """Shake hands as a page of the site would, with a signed header that lets the view report.

    The channel is none that a view takes: one that does not know the signature opens nothing.

    Raises:
        OSError: nothing responds.
    """
    headers = {
        "Origin": case.site,
        "Cookie": case.visitor.cookie,
        PROBE_HEADER: sign(case.nonce),
    }
    return shake_hands(f"{case.socket_url}?channel=~", headers, seconds=seconds)


def _explain_silence(case: Case, error: OSError) -> Finding:
    place = urlsplit(case.socket_url).netloc
    if isinstance(error, TimeoutError):
        return broken(
            f"There was no response to the handshake within {HANDSHAKE_SECONDS:g} s.",
            "Look at Django's workers: each connect takes one until it has responded.",
        )
    start = "Start `python manage.py runserver`, which brings the gateway up."
    return broken(
        f"Nobody can connect to {place}: {(error.strerror or str(error)).lower()}.",
        start if uses_local_gateway() else "Look at the network, and at the address of the API.",
    )


HOPS: Final = (
    Hop(
        name="reachability",
        about="a probe gets through API Gateway and all proxies to a view of this project",
        look=look_at_reachability,
        needs=("record", "tls"),
        most_seconds=HANDSHAKE_SECONDS,
    ),
    Hop(
        name="proxy-headers",
        about="no proxy before Django drops a header that the view needs",
        look=look_at_proxy_headers,
        needs=("reachability",),
    ),
    Hop(
        name="secret",
        about="API Gateway shows the gateway secret that the settings have",
        look=look_at_secret,
        needs=("reachability",),
    ),
    Hop(
        name="origin",
        about="Django serves the host it is called by, and pages of the site may connect",
        look=look_at_origin,
        needs=("reachability",),
    ),
    Hop(
        name="cookies",
        about="browsers send the site's session cookie to the socket",
        look=look_at_cookies,
        needs=("record",),
    ),
)
