"""Hops of one API as AWS has it: the API itself, its domain, its stage, its routes.

With the rights of a server alone, which may only send, nobody may look; the hops say so, and the
message is followed all the same.
"""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    ReadTimeoutError,
)
from django.utils.text import capfirst

from ...aws.failures import explain_failure, explain_kind, lacks_right, name_failure
from ...conf import uses_local_gateway
from ...deployment import DEFAULT_ROUTE_KEYS
from ...provisioning.actual import integration_id_of, list_integrations, list_routes, pages
from ...provisioning.failures import is_not_found
from .case import Case
from .finding import Finding, broken, not_needed, skipped, warning, well
from .hop import Hop

__all__ = ["HOPS"]

_FIRST_CALL_SECONDS: Final = 4.0
"""The first call also connects."""

_NO_RIGHT: Final = "no right to look at the API"


def look_at_record(case: Case) -> Finding:
    """Look at the record of the API."""
    api, status = case.api, case.api.ProvisioningStatus
    if not api.target_base_endpoint:
        return broken(
            f"{api.api_name} has no target_base_endpoint, so nobody knows what it is to call.",
            "Set it to the address of the WebSocketView without its route, such as "
            "https://www.example.com/ws/.",
        )
    is_begun = api.provisioning_status not in {status.PENDING, status.CREATING}
    if not api.api_id or (api.needs_api_creation and is_begun):
        failed = f" The last run ended with {api.last_error}." if api.last_error else ""
        state = str(status(api.provisioning_status).label).lower()
        again = "Start `python manage.py runserver` again."
        create = f"Run `python manage.py createApiGateway --pk {api.pk}`."
        return broken(
            f"The API is not complete: its record is at '{state}'.{failed}",
            again if uses_local_gateway() else create,
        )
    if api.last_error:
        return warning(
            f"The last change did not get to AWS: {api.last_error}, "
            f"{explain_kind(api.last_error)}.",
            'Choose "Sync to AWS" in the admin.',
        )
    return well(f"The record says that the API is complete, with the id {api.api_id}.")


def look_at_api(case: Case) -> Finding:
    """Ask AWS for the API."""
    case.take_time()
    try:
        case.remote_api = case.client.get_api(ApiId=case.api.api_id)
    except (ClientError, BotoCoreError) as error:
        return _explain(error, what=f"the API {case.api.api_id}")
    if (kind := case.remote_api.get("ProtocolType", "WEBSOCKET")) != "WEBSOCKET":
        return broken(
            f"The API {case.api.api_id} is no WebSocket API: its protocol is {kind}.",
            "Enter the id of a WebSocket API in the record, or clear api_id and create one.",
        )
    return well("The API exists.")


def look_at_domain(case: Case) -> Finding:
    """Compare the custom domain with the record."""
    api = case.api
    if not api.domain_name:
        if case.remote_api.get("DisableExecuteApiEndpoint") and not uses_local_gateway():
            return broken(
                "DisableExecuteApiEndpoint closes the only address of the API: its record has no "
                "custom domain.",
                f"Turn it off in AWS and deploy, or set domain_name and certificate_arn, then run "
                f"`python manage.py createCustomDomain --pk {api.pk}`.",
            )
        return not_needed("the API has no custom domain", stops="the API has no custom domain")
    if uses_local_gateway():
        because = "pages open their sockets at the local gateway"
        return not_needed(because, stops=because)
    create = f"Run `python manage.py createCustomDomain --pk {api.pk}`."
    if not api.custom_domain_created:
        text = f"{api.domain_name} is not created yet, so clients use the API's own address."
        return warning(text, create, stops="the custom domain is not created yet")
    return _judge(
        case,
        lambda: case.client.get_domain_name(DomainName=api.domain_name),
        lambda found: _judge_domain(case, found),
        missing=lambda: broken(f"There is no custom domain {api.domain_name} in AWS.", create),
    )


def look_at_mapping(case: Case) -> Finding:
    """Find the mapping that leads from the domain to the stage."""
    api = case.api
    return _judge(
        case,
        lambda: [
            one
            for page in pages(case.client.get_api_mappings, DomainName=api.domain_name)
            for one in page
        ],
        lambda found: _judge_mappings(case, found),
    )


def look_at_stage(case: Case) -> Finding:
    """Find the stage, and what is deployed to it."""
    api = case.api
    again = _words_for_sync()

    def judge(stage: dict[str, Any]) -> Finding:
        if not stage.get("DeploymentId"):
            text = f"Nothing is deployed to the stage {api.stage}, so the API says Forbidden."
            return broken(text, again)
        return well(f"The stage {api.stage} serves a deployment.")

    return _judge(
        case,
        lambda: case.client.get_stage(ApiId=api.api_id, StageName=api.stage),
        judge,
        missing=lambda: broken(f"The API has no stage {api.stage}.", again),
    )


def look_at_routes(case: Case) -> Finding:
    """Compare the routes with those the record and its additional routes want."""

    def judge(routes: list[dict[str, Any]]) -> Finding:
        case.routes = {route["RouteKey"]: route for route in routes}
        return _judge_routes(case)

    return _judge(case, lambda: list_routes(case.client, case.api.api_id), judge)


def look_at_integration(case: Case) -> Finding:
    """Compare the URLs that the routes call with the record, and with the project's URLs."""

    def judge(integrations: list[dict[str, Any]]) -> Finding:
        urls = {one["IntegrationId"]: one.get("IntegrationUri", "") for one in integrations}
        return _judge_integrations(case, urls)

    return _judge(case, lambda: list_integrations(case.client, case.api.api_id), judge)


def _judge_domain(case: Case, found: dict[str, Any]) -> Finding:
    [configuration, *_] = found.get("DomainNameConfigurations") or [{}]
    status = configuration.get("DomainNameStatus", "AVAILABLE")
    if status != "AVAILABLE":
        return warning(f"AWS says that {case.api.domain_name} is {status}.", "Wait some minutes.")
    target = configuration.get("ApiGatewayDomainName", "")
    known = case.api.api_gateway_domain_name
    if target and known and target != known:
        return warning(
            f"{case.api.domain_name} has the target {target}, and the record says {known}.",
            f"Let its CNAME record lead to {target}, and correct api_gateway_domain_name.",
        )
    return well(f"The custom domain {case.api.domain_name} is available.")


def _judge_mappings(case: Case, found: list[dict[str, Any]]) -> Finding:
    api = case.api
    wanted = (api.api_id, api.stage, "")
    places = [(one["ApiId"], one["Stage"], one.get("ApiMappingKey", "")) for one in found]
    if wanted in places:
        return well(f"{api.domain_name} leads to the stage {api.stage}.")
    create = f"`python manage.py createCustomDomain --pk {api.pk}` maps it"
    if not places:
        return broken(
            f"{api.domain_name} has no API mapping, so it leads nowhere.",
            f"Map it to {api.api_id}, stage {api.stage}, with an empty key. {create}, once the "
            "status of the record is set back to 'Custom domain created'.",
        )
    shown = ", ".join(
        f"{one}/{stage}" + (f" at /{key}" if key else "") for one, stage, key in places
    )
    return broken(
        f"{api.domain_name} leads to {shown}, and not to {api.api_id}/{api.stage}.",
        f"Change its API mapping in AWS to {api.api_id}, stage {api.stage}, with an empty key.",
    )


def _judge_routes(case: Case) -> Finding:
    api, again = case.api, _words_for_sync()
    extra = list(api.additional_routes.order_by("pk").values_list("route_key", flat=True))
    missing = [key for key in (*DEFAULT_ROUTE_KEYS, *extra) if key not in case.routes]
    if missing:
        return broken(f"The API has no route {', '.join(missing)}.", again)
    selection = case.remote_api.get("RouteSelectionExpression", api.route_selection_expression)
    if selection != api.route_selection_expression:
        return warning(
            f"The API selects routes by {selection}, and the record says "
            f"{api.route_selection_expression}.",
            again,
        )
    guard = case.routes["$connect"].get("AuthorizationType", "NONE")
    if guard != "NONE" or case.routes["$connect"].get("ApiKeyRequired"):
        return warning(
            "The $connect route wants an authorizer, a signature or an API key, which neither "
            "browsers nor the doctor have by themselves.",
            "Leave who may connect to the view, unless you know how clients get in.",
        )
    return well(f"The API has its {len(case.routes)} routes.")


def _judge_integrations(case: Case, urls: dict[str, str]) -> Finding:
    api = case.api
    for key in DEFAULT_ROUTE_KEYS:
        event = key.removeprefix("$")
        wanted = case.integration_url(event)
        called = urls.get(integration_id_of(case.routes[key]), "")
        if not called:
            return broken(f"The route {key} calls no URL.", _words_for_sync())
        if "${stageVariables." in called:
            return warning(
                f"The route {key} calls {called}, whose variables the doctor does not know.",
                "Nothing, if a probe gets through: the hop reachability tells.",
            )
        if called != wanted:
            return _explain_other_url(key, called, wanted)
    for route in api.additional_routes.order_by("pk"):
        called = urls.get(integration_id_of(case.routes[route.route_key]), "")
        if urlsplit(called).path != urlsplit(route.integration_url).path:
            return _explain_other_url(route.route_key, called, route.integration_url)
    return well(f"The routes call {case.backend_url} and the event.")


def _explain_other_url(key: str, called: str, wanted: str) -> Finding:
    slash = ""
    if called.replace("/", "") == wanted.replace("/", ""):
        slash = ": a slash is missing or too many"
    return broken(
        f"The route {key} calls {called}, and the record says {wanted}{slash}.",
        f"Correct target_base_endpoint, which ends with a slash, then: {_words_for_sync()}",
    )


def _words_for_sync() -> str:
    if uses_local_gateway():
        return "Start `python manage.py runserver` again, which registers the API anew."
    return 'Choose "Sync to AWS" for the record in the admin, or call its sync_to_aws().'


def _judge(
    case: Case,
    ask: Callable[[], Any],
    judge: Callable[[Any], Finding],
    *,
    missing: Callable[[], Finding] | None = None,
) -> Finding:
    """Ask AWS and judge what it says; an error becomes a finding.

    Args:
        case: the API.
        ask: makes the call.
        judge: gets the response.
        missing: makes the finding for what does not exist.
    """
    try:
        found = ask()
    except (ConnectTimeoutError, ReadTimeoutError):
        return skipped("AWS did not respond within 2 s")
    except (ClientError, BotoCoreError) as error:
        if missing is not None and is_not_found(error):
            return missing()
        return _explain(error, what=case.api.api_name)
    return judge(found)


def _explain(error: Exception, *, what: str) -> Finding:
    if lacks_right(error):
        return warning(
            "No right to look at the API: skipped. These credentials may not read it.",
            "Nothing, where they are to send only. With the right apigateway:GET the doctor sees "
            "more.",
            stops=_NO_RIGHT,
        )
    name, explained = name_failure(error), explain_failure(error)
    return broken(
        f"AWS was asked for {what} and {name} came back.",
        f"{capfirst(explained)}.",
    )


HOPS: Final = (
    Hop(
        name="record",
        about="the record says that the API is complete",
        look=look_at_record,
        needs=("records",),
    ),
    Hop(
        name="control-plane",
        about="AWS, or the local gateway, has the API",
        look=look_at_api,
        needs=("credentials", "gateway", "record"),
        most_seconds=_FIRST_CALL_SECONDS,
    ),
    Hop(
        name="domain",
        about="the custom domain exists and is available",
        look=look_at_domain,
        needs=("control-plane",),
    ),
    Hop(
        name="mapping",
        about="the custom domain leads to the stage",
        look=look_at_mapping,
        needs=("domain",),
    ),
    Hop(
        name="stage",
        about="the stage exists, and something is deployed to it",
        look=look_at_stage,
        needs=("control-plane",),
    ),
    Hop(
        name="routes",
        about="$connect, $disconnect, $default and the additional routes exist",
        look=look_at_routes,
        needs=("control-plane",),
    ),
    Hop(
        name="integration",
        about="the routes call the URL of the record, slash and all",
        look=look_at_integration,
        needs=("routes",),
    ),
)
