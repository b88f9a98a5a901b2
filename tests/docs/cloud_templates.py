"""The templates of the manual, read and applied as CloudFormation and Terraform would."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hcl2
import yaml

CREATE = {
    "Api": ("create_api", "ApiId"),
    "Integration": ("create_integration", "IntegrationId"),
    "Route": ("create_route", "RouteId"),
    "Deployment": ("create_deployment", "DeploymentId"),
    "Stage": ("create_stage", "StageName"),
    "DomainName": ("create_domain_name", "DomainName"),
    "ApiMapping": ("create_api_mapping", "ApiMappingId"),
}
"""Method of boto3's client that makes a resource, and the member of its response that names it."""


@dataclass
class Stack:
    """The resources of a template, made by boto3 as soon as another one needs them."""

    client: Any
    parameters: dict[str, str]
    made: dict[str, dict[str, Any]] = field(default_factory=dict)

    def make(self, name: str, kind: str, properties: dict[str, Any]) -> str:
        """Make a resource, once, and return its name in AWS."""
        method, key = CREATE[kind]
        if name not in self.made:
            self.made[name] = getattr(self.client, method)(**properties)
        return str(self.made[name][key])


class _Tag:
    def __init__(self, tag: str, value: str) -> None:
        self.tag, self.value = tag, value


class _Loader(yaml.SafeLoader):
    """YAML with the short forms of CloudFormation's functions."""


for _name in ("!Ref", "!Sub", "!GetAtt"):
    _Loader.add_constructor(_name, lambda loader, node: _Tag(node.tag, node.value))


class CloudFormation(Stack):
    """A template of CloudFormation."""

    def apply(self, path: Path) -> "CloudFormation":
        """Make every resource of API Gateway."""
        self.template = yaml.load(path.read_text(), Loader=_Loader)
        for name, resource in self.template["Resources"].items():
            if resource["Type"].startswith("AWS::ApiGatewayV2::"):
                self.refer(name)
        return self

    def refer(self, name: str) -> str:
        """Return the value of a parameter or the name of a resource, which is made if need be."""
        if name in self.template["Parameters"]:
            return self.parameters[name]
        resource = self.template["Resources"][name]
        for other in resource.get("DependsOn", []):
            self.refer(other)
        kind = resource["Type"].rpartition("::")[2]
        return self.make(name, kind, self.resolve(resource["Properties"]))

    def resolve(self, value: Any) -> Any:
        """Return a property with its functions carried out."""
        if isinstance(value, dict):
            return {key: self.resolve(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.resolve(one) for one in value]
        if not isinstance(value, _Tag):
            return value
        if value.tag == "!Ref":
            return self.refer(value.value)
        if value.tag == "!Sub":
            return re.sub(r"\$\{(\w+)\}", lambda found: self.refer(found[1]), value.value)
        return self.attribute(*value.value.split("."))

    def attribute(self, name: str, attribute: str) -> str:
        """Return what the function `!GetAtt` does of a custom domain."""
        self.refer(name)
        (configuration,) = self.made[name]["DomainNameConfigurations"]
        members = {
            "RegionalDomainName": "ApiGatewayDomainName",
            "RegionalHostedZoneId": "HostedZoneId",
        }
        return str(configuration[members[attribute]])


class Terraform(Stack):
    """A configuration of Terraform."""

    def apply(self, path: Path) -> "Terraform":
        """Make every resource of API Gateway."""
        read = hcl2.loads(path.read_text())
        self.locals = read["locals"][0]
        self.resources = {
            f"{kind}.{name}": body
            for one in _unquoted(read["resource"])
            for kind, named in one.items()
            for name, body in named.items()
        }
        for address in self.resources:
            if address.startswith("aws_apigatewayv2_"):
                self.refer(address)
        return self

    def refer(self, address: str) -> str:
        """Return the name of a resource, which is made if need be."""
        body = self.resources[address]
        for other in body.get("depends_on", []):
            self.refer(other[2:-1])
        kind = _camel(address.partition(".")[0].removeprefix("aws_apigatewayv2_"))
        properties = {
            self.member(kind, key): self.resolve(value)
            for key, value in body.items()
            if key not in {"triggers", "lifecycle", "depends_on"} and not _is_of_parser(key)
        }
        return self.make(address, kind, properties)

    @staticmethod
    def member(kind: str, key: str) -> str:
        """Return the member of the call for an argument of Terraform."""
        renamed = {
            ("Stage", "name"): "StageName",
            ("Integration", "timeout_milliseconds"): "TimeoutInMillis",
            ("DomainName", "domain_name_configuration"): "DomainNameConfigurations",
        }
        return renamed.get((kind, key), _camel(key))

    def resolve(self, value: Any) -> Any:
        """Return an argument with its references replaced."""
        if isinstance(value, list):
            return [self.resolve(one) for one in value]
        if isinstance(value, dict):
            # The keys of blocks are arguments, and those of maps stand in quotes.
            return {
                self.resolve(key) if key.startswith('"') else _camel(key): self.resolve(one)
                for key, one in value.items()
                if not _is_of_parser(key)
            }
        if not isinstance(value, str):
            return value
        if value.startswith("${"):
            return self.look_up(value[2:-1])
        return re.sub(r"\$\{([\w.]+)\}", lambda found: self.look_up(found[1]), value.strip('"'))

    def look_up(self, reference: str) -> Any:
        """Return what a reference stands for."""
        kind, _, name = reference.partition(".")
        if kind == "var":
            return self.parameters[name]
        if kind == "local":
            return self.resolve(self.locals[name])
        return self.refer(reference.removesuffix(".id"))


def _unquoted(value: Any) -> Any:
    """Return blocks by the names on their labels."""
    return [
        {
            kind.strip('"'): {name.strip('"'): body for name, body in named.items()}
            for kind, named in one.items()
            if not _is_of_parser(kind)
        }
        for one in value
    ]


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _is_of_parser(key: str) -> bool:
    return key.startswith("__")
