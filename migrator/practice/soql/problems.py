"""Errors of queries, with the place in the text as Salesforce shows it."""

from __future__ import annotations

from migrator.practice.errors import SalesforceError

_ADVICE = "Please reference your WSDL or the describe call for the appropriate names."


def place(text: str, at: int) -> str:
    """The lines that show where: a piece of the query, a caret below, row and column."""
    before = text[:at]
    row = before.count("\n") + 1
    column = at - (before.rfind("\n") + 1) + 1
    begin = max(at - 40, before.rfind("\n") + 1)
    end = text.find("\n", at)
    piece = text[begin : min(at + 30, end if end >= 0 else len(text))]
    return f"\n{piece}\n{' ' * (at - begin)}^\nERROR at Row:{row}:Column:{column}\n"


class Problems:
    """Makes the errors of one query text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def malformed(self, message: str, at: int | None = None) -> SalesforceError:
        """MALFORMED_QUERY."""
        return SalesforceError("MALFORMED_QUERY", (place(self.text, at) if at is not None else "") + message)

    def unsupported(self, what: str, at: int | None = None) -> SalesforceError:
        """Something that Salesforce may know and this org does not: named, never guessed at."""
        return self.malformed(f"{what} is not supported by the practice org", at)

    def field(self, message: str, at: int) -> SalesforceError:
        """INVALID_FIELD."""
        return SalesforceError("INVALID_FIELD", place(self.text, at) + message)

    def no_column(self, name: str, entity: str, at: int) -> SalesforceError:
        """A field that is not there, or not to be seen."""
        return self.field(
            f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to "
            f"append the '__c' after the custom field name. {_ADVICE}",
            at,
        )

    def no_relationship(self, name: str, entity: str, at: int) -> SalesforceError:
        """A relationship up that is not there."""
        return self.field(
            f"Didn't understand relationship '{name}' in field path. If you are attempting to use a custom "
            f"relationship, be sure to append the '__r' after the custom relationship name ({entity}). {_ADVICE}",
            at,
        )

    def no_child(self, name: str, at: int) -> SalesforceError:
        """A relationship down that is not there, or not to be seen."""
        message = (
            f"Didn't understand relationship '{name}' in FROM part of query call. If you are attempting to use a "
            f"custom relationship, be sure to append the '__r' after the custom relationship name. {_ADVICE}"
        )
        return SalesforceError("INVALID_TYPE", place(self.text, at) + message)

    def no_type(self, name: str, at: int) -> SalesforceError:
        """An object that is not there, or not to be seen."""
        message = (
            f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append "
            f"the '__c' after the entity name. {_ADVICE}"
        )
        return SalesforceError("INVALID_TYPE", place(self.text, at) + message)

    def operator(self, message: str, at: int) -> SalesforceError:
        """A comparison that the field's type does not know."""
        return SalesforceError("INVALID_QUERY_FILTER_OPERATOR", place(self.text, at) + message)
