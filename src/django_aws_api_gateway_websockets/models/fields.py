"""The URL field of gateways and routes, which also takes hosts inside a network."""

import re
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv6_address
from django.db import models
from django.utils.deconstruct import deconstructible

from ..core.authority import read_url_authority

if TYPE_CHECKING:
    _URLField = models.URLField[Any, Any]
else:
    # Fields are generic for the type checker only.
    _URLField = models.URLField

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
HOSTNAME_PATTERN: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.IGNORECASE)


@deconstructible
class EndpointURLValidator:
    """A validator of http and https URLs, also with a host name of one label such as `testserver`.

    Django's own validator demands a dot in every host but `localhost`, and so refuses the hosts of
    containers, of test clients and of private networks.
    """

    message = "Enter a full URL with http:// or https://, such as https://www.example.com/ws/."
    code = "invalid"

    def __call__(self, value: str) -> None:
        authority = read_url_authority(value)
        if (
            authority is None
            or not value.lower().startswith(("http://", "https://"))
            or not value.isprintable()
            or " " in value
            or not _is_host(authority.host)
        ):
            raise ValidationError(self.message, code=self.code)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EndpointURLValidator)

    def __hash__(self) -> int:
        return hash(EndpointURLValidator)


class EndpointURLFormField(forms.URLField):
    """The form field of `EndpointURLField`."""

    default_validators = [EndpointURLValidator()]  # noqa: RUF012 - Django's own attribute.
    # Django would say its own text in place of the validator's.
    default_error_messages = {"invalid": EndpointURLValidator.message}  # noqa: RUF012 - likewise.


class EndpointURLField(_URLField):
    """A `URLField` that validates with `EndpointURLValidator`; the column is the same."""

    default_validators = [EndpointURLValidator()]  # noqa: RUF012 - Django's own attribute.

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Describe the field to migrations as Django's own: only the validation differs."""
        name, _, args, kwargs = super().deconstruct()
        return str(name), "django.db.models.URLField", list(args), dict(kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(
            **{"form_class": EndpointURLFormField, "assume_scheme": "https", **kwargs}
        )


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            validate_ipv6_address(host)
        except ValidationError:
            return False
        return True
    return HOSTNAME_PATTERN.fullmatch(host) is not None
