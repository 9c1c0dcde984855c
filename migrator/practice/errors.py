"""Errors as Salesforce words them: a status, a code, a message, the fields concerned."""

from __future__ import annotations

from typing import Any


class SalesforceError(Exception):
    """What a request is answered with instead of a result."""

    def __init__(self, code: str, message: str, *, status: int = 400, fields: tuple[str, ...] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields

    def body(self) -> list[dict[str, Any]]:
        """The JSON of a single request: a list of one; `fields` only where Salesforce sends it."""
        found: dict[str, Any] = {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            found["fields"] = list(self.fields)
        return [found]

    def row(self) -> dict[str, Any]:
        """The JSON of one row of a collection, where the code has another name."""
        return {"statusCode": self.code, "message": self.message, "fields": list(self.fields or ())}


def refused(code: str, message: str, *fields: str) -> SalesforceError:
    """A record that a rule does not let pass."""
    return SalesforceError(code, message, fields=fields)


def not_found(message: str = "The requested resource does not exist") -> SalesforceError:
    """Nothing there."""
    return SalesforceError("NOT_FOUND", message, status=404)


def malformed_id(what: str, value: object) -> SalesforceError:
    """Text where an id of the right kind should be."""
    return SalesforceError("MALFORMED_ID", f"{what}: id value of incorrect type: {value}", fields=(what,))


def json_error(message: str) -> SalesforceError:
    """A body that is not the JSON it should be."""
    return SalesforceError("JSON_PARSER_ERROR", message)
