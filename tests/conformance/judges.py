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

RUN_COMMANDS = """
import contextlib, io, json, sys
from awscli.clidriver import create_clidriver
for line in sys.stdin:
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        code = create_clidriver().main(json.loads(line))
    print(json.dumps([code, output.getvalue(), errors.getvalue()]), flush=True)
"""

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


class AwsCli:
    """The AWS CLI in a process of its own, which runs one command after another.

    To start it takes ten times as long as a command.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._commands = subprocess.Popen(
            [sys.executable, "-c", RUN_COMMANDS],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), **CREDENTIALS},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run `aws …`: its exit code, and what it prints to the output and to the errors."""
        print(json.dumps(words), file=self._commands.stdin, flush=True)
        code, output, errors = json.loads(self._commands.stdout.readline())
        return code, output, errors

    def close(self) -> None:
        """End the process."""
        self._commands.stdin.close()
        self._commands.wait(SECONDS)
        self._commands.stdout.close()


@dataclass
class CliJudge:
    url: str
    cli: AwsCli

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
        code, output, errors = self.cli.run("--endpoint-url", url or self.url, *words)
        if code == 0:
            return json.loads(output or "{}")
        said = _ERROR.search(errors)
        assert said is not None, errors
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
