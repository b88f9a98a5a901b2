"""What the control plane refuses of models and of the routes that use them."""

from ...core.errors import ExpressionError
from ...core.expressions import SelectionExpression
from ..data_plane.body_models import BodyModel, ModelError
from .proposed_change import Change
from .records import bad_request, conflict, not_found

__all__ = ["check_model", "check_model_deletion", "check_route_models"]


def check_model(change: Change) -> None:
    """A model needs a name of its own and a schema that messages can be held to."""
    name = change.document["name"]
    for other_id, other in change.api.below("models").items():
        if other_id != change.own_id and other.document["name"] == name:
            raise conflict(f"Model with name {name} already exists for this API")
    before = change.api.below("models").get(change.own_id or "")
    if before is not None and before.document["name"] != name:
        _check_unused(change, before.document["name"])
    try:
        BodyModel(change.document["schema"])
    except ModelError as error:
        raise bad_request(f"Invalid model schema specified: {error}.") from error


def check_model_deletion(change: Change) -> None:
    """A model cannot go while a route needs it; AWS's own words are not known."""
    _check_unused(change, change.document["name"])


def check_route_models(change: Change) -> None:
    """The models of a route must exist, and their expression be one."""
    expression = change.document.get("modelSelectionExpression")
    if expression:
        try:
            SelectionExpression.parse(expression)
        except ExpressionError as error:
            raise bad_request(f"Invalid ModelSelectionExpression. {error}") from error
    names = {model.document["name"] for model in change.api.below("models").values()}
    for name in (change.document.get("requestModels") or {}).values():
        if name not in names:
            raise not_found(f"Invalid Model identifier specified {name[:64]}")


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
