"""Changes of one user as one request, and what a refusal of it means."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum

from migrator.plan import StepKind
from migrator.ports import Answer, OrgError, Part, Row
from migrator.steps import KINDS
from migrator.steps.kind import Change, Now

MOST_PARTS = 25
"""Parts of a composite request (documented)."""


def parts(
    now: Now, changes: Sequence[Change], *, guarded: bool, lenient: bool = True
) -> tuple[list[Part], list[list[Change]]]:
    """The parts of a request, and the changes that each makes.

    Fields of the same sort go together. `guarded`: the first part that writes the user says since when nobody else may
    have written it (`If-Unmodified-Since`, documented for sObject rows). `lenient`: permission set licenses, which come
    and go with sets and profiles in some orgs (domain 3.2 step 4, open 13), are written so that one that is already as
    it should be does not stop the rest.
    """
    several = len(changes) > 1
    found: list[Part] = []
    meant: list[list[Change]] = []
    for one in changes:
        part = KINDS[one.kind].part(now, one)
        if lenient and several and one.kind is StepKind.PSL:
            part = _leniently(part)
        if found and _joins(found[-1], meant[-1][0], part, one):
            body: Row = {**(found[-1].body or {}), **(part.body or {})}
            found[-1] = Part(part.method, part.path, body, found[-1].headers)
            meant[-1].append(one)
            continue
        if (
            guarded
            and now.modified
            and part.path == f"sobjects/User/{now.id}"
            and not any(one.headers for one in found)
        ):
            part = Part(part.method, part.path, part.body, (("If-Unmodified-Since", http_date(now.modified)),))
        found.append(part)
        meant.append([one])
    return found, meant


def _leniently(part: Part) -> Part:
    """The same as a collection of one, which answers for its row alone (documented: sObject Collections)."""
    name, _, key = part.path.removeprefix("sobjects/").partition("/")
    if part.method == "DELETE":
        return Part("DELETE", f"composite/sobjects?ids={key}&allOrNone=false")
    row = {"attributes": {"type": name}, **(part.body or {})}
    return Part("POST", "composite/sobjects", {"allOrNone": False, "records": [row]})


def _joins(last: Part, before: Change, part: Part, change: Change) -> bool:
    return last.path == part.path and before.kind == change.kind and change.kind in (StepKind.FEATURE, StepKind.FIELD)


def http_date(stamp: str) -> str:
    """A dateTime of the REST API as HTTP has it."""
    return format_datetime(datetime.fromisoformat(stamp).astimezone(UTC), usegmt=True)


class Meaning(StrEnum):
    """What a failure says about trying again."""

    AGAIN = "again"
    SHAPE = "shape"
    GONE = "gone"
    LIMIT = "limit"
    NO = "no"


_PASSING = {"UNABLE_TO_LOCK_ROW", "PRECONDITION_FAILED", "SERVER_UNAVAILABLE", "QUERY_TIMEOUT", "UNKNOWN_EXCEPTION"}
_GONE = {"NOT_FOUND", "ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY", "DUPLICATE_VALUE"}
_ALSO_ALONE = {
    "FIELD_INTEGRITY_EXCEPTION",
    "LICENSE_LIMIT_EXCEEDED",
    "INSUFFICIENT_ACCESS",
    "INSUFFICIENT_ACCESS_OR_READONLY",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION",
    "INACTIVE_OWNER_OR_USER",
    "INVALID_FIELD_FOR_INSERT_UPDATE",
    "STRING_TOO_LONG",
}
"""Refusals that do not come from several records sharing a request."""

_HALTED = "PROCESSING_HALTED"


def failing(answers: Sequence[Answer]) -> tuple[int, OrgError] | None:
    """The part that failed, not those that were halted because of it; a row that was refused explains what follows."""
    refused = [(number, error) for number, one in enumerate(answers) if (error := one.error or _row(one))]
    grave = [(number, error) for number, error in refused if error.code != _HALTED and error.code not in _GONE]
    said = [(number, error) for number, error in refused if answers[number].error and error.code != _HALTED]
    whole = [(number, error) for number, error in refused if answers[number].error]
    return next(iter([*grave, *said, *whole]), None)


def culprit(changes: Sequence[Change], error: OrgError) -> Change:
    """The change of a part that a refusal is about: the org names fields of those that share one."""
    return next((one for one in changes if any(name.endswith(one.key) for name in error.fields)), changes[0])


def _row(answer: Answer) -> OrgError | None:
    """The refusal of the one row of a collection."""
    first = answer.body[0] if isinstance(answer.body, list) and answer.body else None
    errors = first.get("errors") if isinstance(first, dict) and first.get("success") is False else None
    if not errors or _duplicate(str(errors[0].get("message", ""))):
        return None
    return OrgError(400, str(errors[0].get("statusCode")), str(errors[0].get("message", "")))


def _duplicate(message: str) -> bool:
    return message.startswith("Duplicate ")


def meaning(error: OrgError, change: Change | None) -> Meaning:
    """What a refusal says about trying again."""
    if error.code == "REQUEST_LIMIT_EXCEEDED":
        return Meaning.LIMIT
    if error.status in (420, 429) or error.status >= 500 or error.code in _PASSING:
        return Meaning.AGAIN
    duplicate = error.code == "FIELD_INTEGRITY_EXCEPTION" and _duplicate(error.message)
    if change is not None and (error.code in _GONE or duplicate):
        return Meaning.GONE
    return Meaning.NO if error.code in _ALSO_ALONE else Meaning.SHAPE
