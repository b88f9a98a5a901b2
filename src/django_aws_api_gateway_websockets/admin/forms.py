"""The forms of APIs and routes."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django.core.exceptions import ValidationError

from .base import ModelForm
from .values import GATEWAY_CHECKS, ROUTE_CHECKS, Check

__all__ = ["GIVEN_BY_AWS", "ApiGatewayForm", "RouteForm"]

GIVEN_BY_AWS: Final = ("api_id", "api_endpoint", "api_gateway_domain_name", "api_mapping_id")
"""Fields that are typed only to register an API that exists already."""

_WRITTEN_BY_ACTIONS: Final = (*GIVEN_BY_AWS, "provisioning_status")


class CheckedForm(ModelForm):
    """A form that refuses values that cannot work, with the reason."""

    checks: ClassVar[Mapping[str, Check]] = {}
    """Checks of fields, by their names."""

    def clean(self) -> dict[str, Any]:
        """Check what has been typed; a value an earlier release has taken may stay."""
        cleaned = super().clean() or self.cleaned_data
        for name, check in self.checks.items():
            if name not in cleaned or (self.instance.pk and name not in self.changed_data):
                continue
            try:
                check(cleaned[name])
            except ValidationError as error:
                self.add_error(name, error)
        return cleaned


class RouteForm(CheckedForm):
    """A form of the fields of an additional route."""

    checks = ROUTE_CHECKS


class ApiGatewayForm(CheckedForm):
    """A form of the fields of an API."""

    checks = GATEWAY_CHECKS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in _WRITTEN_BY_ACTIONS:
            if name in self.fields:
                self.fields[name].show_hidden_initial = True

    def clean_tags(self) -> Any:
        """Take an empty field for no tags."""
        return self.cleaned_data["tags"] or {}

    def clean(self) -> dict[str, Any]:
        """Keep the values AWS gave, unless they were changed in this form.

        Somebody may have run an action while the form was open: an empty field of the form must
        not replace the id that the action has stored.
        """
        cleaned = super().clean()
        for name in _WRITTEN_BY_ACTIONS:
            if name in cleaned and name not in self.changed_data:
                cleaned[name] = getattr(self.instance, name)
        return cleaned
