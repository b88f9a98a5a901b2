"""The operators of a mapping template."""

from collections.abc import Callable, Mapping
from typing import Final

from ..errors import TemplateError
from ..json_path import Json, stringify

__all__ = ["calculate", "is_true"]

MAX_NUMBER: Final = 2**63
"""Java's integers end there; a template that squares a number in a loop must end as well."""

_TOO_LARGE: Final = "The template makes a number too large."


def is_true(value: Json) -> bool:
    """Tell whether a condition holds: everything but false and null does, an empty text included.

    Source: https://velocity.apache.org/engine/1.7/user-guide.html ("Conditionals")
    """
    return value is not None and value is not False


def calculate(operator: str, left: Json, right: Json) -> Json:
    """The value of `left operator right`; what has no sense is null, as in Velocity.

    Raises:
        TemplateError: a division by zero, or a number no Java integer holds.
    """
    if operator == "==":
        return _are_equal(left, right)
    if operator == "!=":
        return not _are_equal(left, right)
    if operator == "+" and (isinstance(left, str) or isinstance(right, str)):
        return stringify(left) + stringify(right)
    if not _is_number(left) or not _is_number(right):
        return None
    try:
        result = _OF_NUMBERS[operator](left, right)
    except OverflowError:
        raise TemplateError(_TOO_LARGE) from None
    if isinstance(result, int | float) and not abs(result) <= MAX_NUMBER:
        raise TemplateError(_TOO_LARGE)
    return result


def _are_equal(left: Json, right: Json) -> bool:
    if _is_number(left) and _is_number(right):
        return left == right
    if type(left) is type(right):
        return left == right
    if left is None or right is None:
        return False
    # "they are compared by their toString()", since Velocity 1.5.
    return stringify(left) == stringify(right)


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _divided(left: int | float, right: int | float) -> int | float:
    if right == 0:
        raise TemplateError("The template divides by zero.")
    if isinstance(left, float) or isinstance(right, float):
        return left / right
    # Java rounds towards zero, Python down.
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _remainder(left: int | float, right: int | float) -> int | float:
    return left - right * int(_divided(left, right))


_OF_NUMBERS: Final[Mapping[str, Callable[..., Json]]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divided,
    "%": _remainder,
}
