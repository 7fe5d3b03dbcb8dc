"""What an event's payload must look like: exactly the names of its shape, each value fitting."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from shopvisio.errors import Invalid

Fits = Callable[[Any], bool]
Shape = Mapping[str, Fits]
_HALF = re.compile("[\ud800-\udfff]")  # what is left of a sign that was cut in two


def read(given: tuple[Any, ...], shape: Shape) -> dict[str, Any]:
    """The payload of an event, exactly as its shape wants it. Raises Invalid."""
    payload = given[0] if given else {}
    if len(given) > 1 or not isinstance(payload, dict) or not fits(payload, shape):
        raise Invalid
    return payload


def fits(payload: Mapping[str, Any], shape: Shape) -> bool:
    """Whether the payload has the shape's names, no other, and every value fits."""
    return payload.keys() == shape.keys() and all(fit(payload[name]) for name, fit in shape.items())


def flag(value: Any) -> bool:
    """True or false."""
    return isinstance(value, bool)


def one_of(*words: str) -> Fits:
    """One of these words."""
    return lambda value: isinstance(value, str) and value in words


def text(longest: int) -> Fits:
    """A text of at most so many characters, none of them a half: that is no text, and no base keeps it."""
    return lambda value: isinstance(value, str) and len(value) <= longest and not _HALF.search(value)


def row(value: Any) -> bool:
    """The number of a row."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 53


def whole(most: int) -> Fits:
    """A whole number from 0 to the most."""
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def measure(most: float) -> Fits:
    """A number from 0 to the most, whole or not."""
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most


def like(shape: Shape) -> Fits:
    """Such a payload."""
    return lambda value: isinstance(value, dict) and fits(value, shape)


def known(fit: Fits) -> Fits:
    """The same, or nothing known."""
    return lambda value: value is None or fit(value)


def some(most: int, shape: Shape) -> Fits:
    """A list of one to the most of such payloads."""
    return lambda value: (
        isinstance(value, list)
        and 0 < len(value) <= most
        and all(isinstance(one, dict) and fits(one, shape) for one in value)
    )


def place(value: Any) -> bool:
    """A place on a picture: [x, y], each a fraction of its width or height."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(part, int | float) and not isinstance(part, bool) and 0 <= part <= 1 for part in value)
    )


def each(most: int, fit: Fits) -> Fits:
    """A list of at most so many values that fit."""
    return lambda value: isinstance(value, list) and len(value) <= most and all(fit(one) for one in value)
