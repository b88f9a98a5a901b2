"""boto3 as anybody would make it, to see what is really in the local gateway."""

from typing import Any

from tests.gateway.aws import control_plane


class Judge:
    """A reader of the APIs in the local gateway.

    Args:
        url: address of the gateway.
    """

    def __init__(self, url: str) -> None:
        self.client: Any = control_plane(url)

    def urls(self, api_id: str) -> dict[str, str]:
        """Return the URL each route calls, by route key."""
        integrations = {
            f"integrations/{item['IntegrationId']}": item["IntegrationUri"]
            for item in self.client.get_integrations(ApiId=api_id, MaxResults="500")["Items"]
        }
        routes = self.client.get_routes(ApiId=api_id, MaxResults="500")["Items"]
        return {route["RouteKey"]: integrations[route["Target"]] for route in routes}

    def extra_urls(self, api_id: str) -> dict[str, str]:
        """Return the URLs of the additional routes, by route key."""
        return {key: url for key, url in self.urls(api_id).items() if not key.startswith("$")}

    def integration_count(self, api_id: str) -> int:
        """Count the integrations, used or not."""
        return len(self.client.get_integrations(ApiId=api_id, MaxResults="500")["Items"])

    def deployment_count(self, api_id: str) -> int:
        """Count the deployments that were ever made."""
        return len(self.client.get_deployments(ApiId=api_id, MaxResults="500")["Items"])

    def served_deployment(self, api_id: str, stage: str = "production") -> str:
        """Return the id of the deployment the stage serves."""
        return str(self.client.get_stage(ApiId=api_id, StageName=stage)["DeploymentId"])
