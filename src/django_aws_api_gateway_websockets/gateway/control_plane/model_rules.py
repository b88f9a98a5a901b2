"""Rules for models and for the routes that use them."""

from ...core.errors import ExpressionError
from ...core.events.expressions import SelectionExpression
from ..deployed.body_models import BodyModel
from ..deployed.model_references import ModelError, SchemasOfApi, names_referred_to
from .records import Change, JsonObject, bad_request, conflict, not_found

__all__ = ["check_model", "check_model_deletion", "check_route_models"]


def check_model(change: Change) -> None:
    """Check that a model has a name of its own and a schema that can validate messages."""
    name = change.document["name"]
    if any(other["name"] == name for other in _other_models(change)):
        raise conflict(f"Model with name {name} already exists for this API")
    before = change.api.below("models").get(change.own_id or "")
    if before is not None and before.document["name"] != name:
        _check_unused(change, before.document["name"])
    schemas = {model["name"]: model["schema"] for model in _other_models(change)}
    schemas[name] = change.document["schema"]
    try:
        BodyModel(schemas[name], SchemasOfApi(change.api.document["apiId"], schemas))
    except ModelError as error:
        raise bad_request(f"Invalid model schema specified: {error}.") from error


def check_model_deletion(change: Change) -> None:
    """Refuse to delete a model that a route or model uses; AWS's own words are not known."""
    _check_unused(change, change.document["name"])


def check_route_models(change: Change) -> None:
    """Check that the models of a route exist, and that their expression is valid."""
    expression = change.document.get("modelSelectionExpression")
    if expression:
        try:
            SelectionExpression.parse(expression)
        except ExpressionError as error:
            raise bad_request(f"Invalid ModelSelectionExpression. {error}") from error
    names = {model.document["name"] for model in change.api.below("models").values()}
    for name in (change.document.get("requestModels") or {}).values():
        if name not in names:
            raise not_found(
                f"Invalid Model identifier specified {name[:64]}", resource_type="Model"
            )


def _check_unused(change: Change, name: str) -> None:
    users = [
        key
        for key, route in change.api.below("routes").items()
        if name in (route.document.get("requestModels") or {}).values()
    ]
    if users:
        raise conflict(
            f"Cannot delete Model {name} because it is referenced by the following Routes with "
            f"Ids: [{', '.join(users)}]"
        )
    models = [
        other["name"]
        for other in _other_models(change)
        if name in names_referred_to(other["schema"])
    ]
    if models:
        raise conflict(
            f"Cannot delete Model {name} because it is referenced by the following Models: "
            f"[{', '.join(models)}]"
        )


def _other_models(change: Change) -> list[JsonObject]:
    models = change.api.below("models").items()
    return [model.document for own_id, model in models if own_id != change.own_id]
