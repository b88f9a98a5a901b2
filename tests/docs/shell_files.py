"""The commands in the shell files of the manual, read as a shell and the AWS CLI read them."""

import json
import re
import shlex
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.model import OperationModel, Shape

OF_EVERY_CALL = frozenset({"region", "query"})
"""Options of the AWS CLI itself."""


@dataclass(frozen=True)
class AwsCall:
    """A call of AWS that a line of the AWS CLI makes."""

    service: str
    operation: OperationModel
    parameters: dict[str, Any]
    options: dict[str, str]
    """Options of the AWS CLI itself, such as the region."""

    @property
    def method(self) -> str:
        """Name of the method of boto3's client."""
        return xform_name(self.operation.name)


def commands(path: Path) -> list[list[str]]:
    """The words of each command in a file."""
    text = re.sub(r"\\\n\s*", " ", path.read_text())
    return [shlex.split(line) for line in text.splitlines() if line]


def management_commands(path: Path) -> list[list[str]]:
    """The words behind `manage.py` of each command for Django."""
    begin = ["python", "manage.py"]
    return [words[2:] for words in commands(path) if words[:2] == begin]


def aws_calls(path: Path) -> list[AwsCall]:
    """The calls of AWS that a file makes."""
    return [_read(words, path.parent) for words in commands(path) if words[0] == "aws"]


@cache
def _operations(service: str) -> dict[str, OperationModel]:
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


def _read(words: list[str], folder: Path) -> AwsCall:
    _, service, name, *rest = words
    operation = _operations(service)[name]
    members = {xform_name(member, "-"): member for member in operation.input_shape.members}
    parameters, options = {}, {}
    for option, value in zip(rest[::2], rest[1::2], strict=True):
        key = option.removeprefix("--")
        if key in OF_EVERY_CALL:
            options[key] = value
        else:
            shape = operation.input_shape.members[members[key]]
            parameters[members[key]] = _value(value, shape, folder)
    return AwsCall(service, operation, parameters, options)


def _value(text: str, shape: Shape, folder: Path) -> Any:
    if text.startswith("file://"):
        text = (folder / text.removeprefix("file://")).read_text()
    if shape.type_name in {"structure", "list", "map"}:
        return json.loads(text)
    return {"integer": int, "double": float}.get(shape.type_name, str)(text)
