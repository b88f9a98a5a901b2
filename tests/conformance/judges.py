"""Programs of AWS's own that call the gateway: boto3 and the AWS CLI, both as they are."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import boto3
from botocore.exceptions import ClientError

from tests.gateway.aws import QUICK

AWS_CLI = "1.46.2"
SECONDS = 300.0

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}

_ERROR = re.compile(r"An error occurred \((.+?)\) when calling the \w+ operation: ?(.*)")


class RefusedError(Exception):
    """A call was answered with an error, as the judge names it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


class Judge(Protocol):
    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call the control plane."""

    def call_connection(self, endpoint: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call `@connections`."""


@dataclass
class Boto3Judge:
    url: str

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._call("apigatewayv2", self.url, operation, parameters)

    def call_connection(self, endpoint: str, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._call("apigatewaymanagementapi", endpoint, operation, parameters)

    def _call(self, service: str, url: str, operation: str, parameters: Any) -> dict[str, Any]:
        client = boto3.client(
            service,
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=QUICK,
        )
        try:
            return getattr(client, operation)(**parameters)
        except ClientError as error:
            said = error.response["Error"]
            raise RefusedError(said["Code"], said["Message"]) from None


@dataclass
class CliJudge:
    url: str
    folder: Path

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._call("apigatewayv2", self.url, operation, parameters)

    def call_connection(self, endpoint: str, operation: str, **parameters: Any) -> dict[str, Any]:
        return self._call("apigatewaymanagementapi", endpoint, operation, parameters)

    def _call(self, service: str, url: str, operation: str, parameters: Any) -> dict[str, Any]:
        return self.run(
            service,
            operation.replace("_", "-"),
            *("--cli-input-json", json.dumps(parameters)),
            url=url,
        )

    def run(self, *words: str, url: str | None = None) -> dict[str, Any]:
        """Run `aws …`, and return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "awscli", "--endpoint-url", url or self.url, *words],
            check=False,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(self.folder), **CREDENTIALS},
        )
        if done.returncode == 0:
            return json.loads(done.stdout or "{}")
        said = re.search(
            r"An error occurred \((.+?)\) when calling the \w+ operation: ?(.*)", done.stderr
        )
        assert said is not None, done.stderr
        raise RefusedError(said[1], said[2].strip())


def install_aws_cli(make_folder: Callable[[str], Path]) -> Path:
    """The AWS CLI in a folder of its own, kept between runs: it is 20 MB."""
    python = "{}.{}".format(*sys.version_info)
    folder = make_folder(f"awscli-{AWS_CLI}-python{python}")
    whole = folder / "installed"
    if not whole.exists():
        subprocess.run(
            [
                *(sys.executable, "-m", "uv", "pip", "install", "--quiet"),
                *("--python", sys.executable, "--target", str(folder)),
                f"awscli=={AWS_CLI}",
            ],
            check=True,
            timeout=SECONDS,
        )
        whole.touch()
    return folder
