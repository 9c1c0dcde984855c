"""Values between JSON and the store, checked as Salesforce checks them and refused in its words."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from migrator.practice import clock, ids
from migrator.practice.errors import SalesforceError, json_error, malformed_id, refused
from migrator.practice.schema import SCHEMA, Field
from migrator.practice.store import Row

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
_NUMBERS = frozenset({"int", "double", "currency", "percent"})
_LARGEST = 10**18
_NAMES = {bool: "VALUE_TRUE", int: "VALUE_NUMBER_INT", float: "VALUE_NUMBER_FLOAT", str: "VALUE_STRING"}


def stored(field: Field, value: object) -> Any:
    """A JSON value as the store holds it; raises the error that Salesforce answers with."""
    if value is None or value == "":
        return 0 if field.type == "boolean" else None
    if isinstance(value, (dict, list)):
        raise json_error(f"Cannot deserialize instance of {field.type} from {_name(value)} [line:1, column:1]")
    if field.type == "boolean":
        return _boolean(field, value)
    if field.type in _NUMBERS:
        return _number(field, value)
    if not isinstance(value, str):
        raise _wrong(field, value)
    if field.type in ("reference", "id"):
        return _reference(field, value)
    if field.type in ("date", "datetime"):
        return _moment(field, value)
    return _text(field, value)


def shown(field: Field, value: Any) -> Any:
    """A stored value as JSON has it."""
    if value is None:
        return False if field.type == "boolean" else None
    if field.type == "boolean":
        return bool(value)
    if field.type == "int":
        return int(value)
    return value


def complete(entity_name: str, row: Row) -> None:
    """Raise what an insert without some required field is refused with."""
    missing = [
        one.name
        for one in SCHEMA[entity_name].fields.values()
        if one.required and not one.hidden and row.get(one.name) is None and not one.default and one.createable
    ]
    if missing:
        message = f"Required fields are missing: [{', '.join(missing)}]"
        raise SalesforceError("REQUIRED_FIELD_MISSING", message, fields=tuple(missing))


def full_name(user: Row) -> str:
    """First and last name of a user, as messages have it."""
    return f"{user.get('FirstName') or ''} {user.get('LastName') or ''}".strip()


def default(field: Field) -> Any:
    """What a field holds when nobody says."""
    if field.type == "boolean":
        return int(field.default == "true")
    if not field.default:
        return None
    return int(field.default) if field.type == "int" else field.default


def _name(value: object) -> str:
    return "START_OBJECT" if isinstance(value, dict) else "START_ARRAY"


def _wrong(field: Field, value: object) -> SalesforceError:
    seen = _NAMES.get(type(value), "VALUE_STRING")
    return json_error(
        f"Cannot deserialize instance of {field.type} from {seen} value {value} or request may be missing a required "
        "field at [line:1, column:1]"
    )


def _boolean(field: Field, value: object) -> int:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return int(value.lower() == "true")
    raise _wrong(field, value)


def _number(field: Field, value: object) -> int | float:
    if isinstance(value, bool):
        raise _wrong(field, value)
    try:
        number = float(value)  # type: ignore[arg-type]  # what it cannot take, it says
    except (ValueError, TypeError, OverflowError):
        raise _wrong(field, value) from None
    if not abs(number) < _LARGEST:
        message = f"{field.label}: value outside of valid range on numeric field: {value}"
        raise refused("NUMBER_OUTSIDE_VALID_RANGE", message, field.name)
    if field.type == "int":
        if number != int(number):
            raise _wrong(field, value)
        return int(number)
    return number


def _reference(field: Field, value: str) -> str:
    found = ids.normalize(value)
    target = SCHEMA.of_id(found) if found else None
    if found is None or target is None or (field.targets and target.name not in field.targets):
        raise malformed_id(field.label, value)
    return found


def _moment(field: Field, value: str) -> str:
    if field.type == "date":
        try:
            return date.fromisoformat(value[:10]).isoformat()
        except ValueError:
            raise _wrong(field, value) from None
    found = clock.parse(value)
    if found is None:
        raise _wrong(field, value)
    return clock.text(found)


def _text(field: Field, value: str) -> str:
    if "\0" in value or any(0xD800 <= ord(char) < 0xE000 for char in value):
        raise json_error(f"Invalid character in value of {field.name}")
    if field.length and len(value) > field.length:
        message = f"{field.label}: data value too large: {value[:255]} (max length={field.length})"
        raise refused("STRING_TOO_LONG", message, field.name)
    if field.type == "email" and not _EMAIL.match(value):
        raise refused("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {value}", field.name)
    if field.type == "picklist" and field.values and value not in field.values:
        message = f"{field.label}: bad value for restricted picklist field: {value}"
        raise refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, field.name)
    return value
