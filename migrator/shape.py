"""JSON and TOML to frozen values and back: the types of a value are the schema, and a mistake names its place."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
_WORDS = {str: "a text", int: "a whole number", bool: "true or false", float: "a number", date: "a date"}


class Misshapen(Exception):  # noqa: N818 - named for what the data is
    """Data that is not of the shape asked for; says where and what was expected."""


def build(kind: type[T], data: object, where: str = "", rename: Callable[[str], str] = str) -> T:
    """A frozen value from a mapping; unknown and missing keys, and wrong types, raise `Misshapen`.

    `rename` turns a field's name into the key that stands for it.
    """
    if not isinstance(data, Mapping):
        raise Misshapen(f"{where or 'it'} must be a table of keys and values")
    hints = get_type_hints(kind)
    known = {rename(one.name): one for one in fields(kind)}  # type: ignore[arg-type]  # only values come here
    unknown = sorted(set(map(str, data)) - set(known))
    if unknown:
        raise Misshapen(f"{_at(where, unknown[0])} is an unknown key; known are: {', '.join(sorted(known))}")
    found: dict[str, Any] = {}
    for key, one in known.items():
        if key in data:
            found[one.name] = _value(hints[one.name], data[key], _at(where, key), rename)
        elif one.default is MISSING and one.default_factory is MISSING:
            raise Misshapen(f"{_at(where, key)} is missing")
    return kind(**found)


def _at(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _value(hint: Any, data: Any, where: str, rename: Callable[[str], str]) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = [one for one in arguments if one is not type(None)]
        return None if data is None and len(inner) < len(arguments) else _value(inner[0], data, where, rename)
    if origin is tuple:
        return _tuple(arguments, data, where, rename)
    if origin is dict:
        if not isinstance(data, Mapping):
            raise Misshapen(f"{where} must be a table")
        return {str(key): _value(arguments[1], one, _at(where, str(key)), rename) for key, one in data.items()}
    if is_dataclass(hint):
        return build(hint, data, where, rename)  # type: ignore[arg-type]  # a class, not a value
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        words = [one.value for one in hint]
        if data not in words:
            raise Misshapen(f"{where} is {data!r}; it can be: {', '.join(words)}")
        return hint(data)
    return _plain(hint, data, where)


def _tuple(arguments: tuple[Any, ...], data: Any, where: str, rename: Callable[[str], str]) -> tuple[Any, ...]:
    if not isinstance(data, (list, tuple)):
        raise Misshapen(f"{where} must be a list")
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_value(arguments[0], one, f"{where}[{number}]", rename) for number, one in enumerate(data))
    if len(arguments) != len(data):
        raise Misshapen(f"{where} must have {len(arguments)} items")
    return tuple(_value(hint, one, where, rename) for hint, one in zip(arguments, data, strict=True))


def _plain(hint: Any, data: Any, where: str) -> Any:
    if hint is date and isinstance(data, str):
        try:
            return date.fromisoformat(data)
        except ValueError:
            raise Misshapen(f"{where} is {data!r}, which is no date such as 2027-01-31") from None
    if hint is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, hint) or (isinstance(data, bool) and hint is not bool):
        raise Misshapen(f"{where} must be {_WORDS.get(hint, hint.__name__)}")
    return data


def plain(value: Any) -> Any:
    """A frozen value as JSON has it; empty parts are left out, since reading puts them back."""
    if is_dataclass(value) and not isinstance(value, type):
        named = ((one, getattr(value, one.name)) for one in fields(value))
        return {
            one.name: plain(inner) for one, inner in named if not (inner == one.default and one.default is not MISSING)
        }
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in sorted(value.items())}
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value


def dump(document: dict[str, Any]) -> str:
    """A document as JSON that tools can compare: one line an item of each list, plain ASCII, the same bytes always."""
    return _text(document, "") + "\n"


def _text(value: Any, indent: str) -> str:
    inner = indent + " "
    if isinstance(value, dict) and value and any(isinstance(one, (dict, list)) and one for one in value.values()):
        rows = [f"{inner}{json.dumps(str(name))}: {_text(one, inner)}" for name, one in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], (dict, list)):
        return "[\n" + ",\n".join(inner + json.dumps(one) for one in value) + f"\n{indent}]"
    return json.dumps(value)
