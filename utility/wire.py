"""The values of `utility.base` as JSON and back: exact numbers as text, dates and times as ISO 8601.

The same form is kept in our tables (slab and charge lines) and spoken with a billing system (docs/billing-api.md).
"""

from __future__ import annotations

import functools
import types
import typing
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Unreadable(ValueError):
    """A document does not have the shape it should. Names the field, never its value."""


def encode(value: Any) -> Any:
    """A value, a tuple or list of values, or None, as plain JSON."""
    if is_dataclass(value):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    return value


def decode(kind: type[T], document: Any) -> T:
    """Read a dataclass back. Fields that this version does not know are passed over; missing ones are a fault."""
    return cast(T, _read(kind, document, kind.__name__))


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _read(kind: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(kind)
    if origin in (types.UnionType, typing.Union):
        arms = [arm for arm in typing.get_args(kind) if arm is not type(None)]
        return None if value is None else _read(arms[0], value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise Unreadable(f"{where} is not a list")
        return tuple(_read(typing.get_args(kind)[0], item, f"{where}[{place}]") for place, item in enumerate(value))
    if origin is dict:
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise Unreadable(f"{where} is not a mapping of texts")
        return dict(value)
    if isinstance(kind, type) and is_dataclass(kind):
        return _record(kind, value, where)
    return _scalar(kind, value, where)


def _record(kind: type, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise Unreadable(f"{where} is not an object")
    hints = _hints(kind)
    given = {}
    for field in fields(kind):
        if field.name in value:
            given[field.name] = _read(hints[field.name], value[field.name], f"{where}.{field.name}")
    try:
        return kind(**given)
    except TypeError:
        missing = [field.name for field in fields(kind) if field.name not in given]
        raise Unreadable(f"{where} lacks {', '.join(missing)}") from None


def _scalar(kind: Any, value: Any, where: str) -> Any:
    try:
        if kind is Decimal and isinstance(value, str):
            number = Decimal(value)
            if number.is_finite():
                return number
        elif kind is datetime and isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment
        elif kind is date and isinstance(value, str):
            return date.fromisoformat(value)
        elif isinstance(kind, type) and issubclass(kind, StrEnum) and isinstance(value, str):
            return kind(value)
        elif (kind in (str, bool) and type(value) is kind) or (kind is int and type(value) is int):
            return value
    except (ValueError, InvalidOperation):
        pass
    raise Unreadable(f"{where} is not {getattr(kind, '__name__', kind)}")
