"""Dataclasses as JSON and back: how a snapshot is written into the ledger. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from shopvisio.invoices.chain import canonical

# What neither XML nor eyes can bear: controls, halves of characters, and signs that turn the writing round.
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")

T = TypeVar("T")


def to_json(value: object) -> str:
    """A snapshot (or a part of one) as canonical JSON; signs that cannot be printed are left out."""
    return canonical(_plain(value))


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):   # a datetime is one too
        return value.isoformat()
    return _UNPRINTABLE.sub("", value) if isinstance(value, str) else value


def from_json(kind: type[T], text: str) -> T:
    """The value of this dataclass that :func:`to_json` wrote; fields it did not know take their default."""
    found: T = _shaped(kind, json.loads(text))
    return found


def _shaped(shape: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(shape) is tuple:
        return tuple(_shaped(get_args(shape)[0], item) for item in value)
    if get_origin(shape) is UnionType:
        return _shaped(next(kind for kind in get_args(shape) if kind is not type(None)), value)
    if is_dataclass(shape):
        return _filled(shape, value)
    if issubclass(shape, date):
        return shape.fromisoformat(value)
    return shape(value)


def _filled(shape: Any, value: Mapping[str, Any]) -> Any:
    hints = _hints(shape)
    return shape(**{name: _shaped(hints[name], item) for name, item in value.items() if name in hints})


@cache
def _hints(shape: Any) -> dict[str, Any]:
    return get_type_hints(shape)
