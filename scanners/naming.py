"""What tests name, and the words in which findings speak of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.formula.nodes import Call, walk
from scanners.model import Impact, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scanners.formula.comparisons import Comparison
    from scanners.world import World

KINDS = {
    "name": "profile name",
    "id": "profile id",
    "key": "profile key",
    "license": "user license",
    "user-type": "user type",
    "access": "profile's permissions",
    "answer": "profile",
}
WHOSE = {
    Subject.RUNNING_USER: "the running user's",
    Subject.OWNER: "the record owner's",
    Subject.CREATED_BY: "the record creator's",
    Subject.LAST_MODIFIED_BY: "the last modifier's",
    Subject.LOOKED_UP_USER: "another user's",
    Subject.EDITED_USER: "the edited user's",
    Subject.NEW_USER: "the new user's",
}
NEGATIVE = frozenset({"<>", "notEqual", "notContain", "excludes", "NotEqualTo"})
_OF_PROFILE = frozenset({"name", "id", "key"})
_CONTAINS = frozenset(
    {"CONTAINS", "contains", "notContain", "FIND", "INCLUDES", "Contains", "REGEX", "MID", "RIGHT", "SUBSTITUTE"}
)
_BEGINS = frozenset({"BEGINS", "startsWith", "LEFT", "StartsWith"})


def felt(impact: Impact, *, active: bool) -> Impact:
    """The impact of a rule on something that may be switched off: then it is low, or none if it always was."""
    return impact if active or impact == Impact.NONE else Impact.LOW


def named(world: World, operator: str, text: str, kind: str = "name") -> list[str]:
    """The profiles a literal means in a test: a label, or a pattern such as `*Admin*` where only a part must match.

    A literal held against a license, a user type or a derived answer names no profile.
    """
    text = text.strip()
    if not text or kind not in _OF_PROFILE:
        return []
    if operator in _CONTAINS:
        return [f"*{text}*"]
    if operator in _BEGINS:
        return [f"{text}*"]
    return [world.book.named(text).label]


def names_in(world: World, comparison: Comparison, kind: str) -> list[str]:
    """The profiles that the text literals of a formula's comparison mean."""
    operator = comparison.operator
    if operator in ("=", "<>"):
        # Part of a profile's name held against a text is a test for that part.
        parts = {node.function for node in walk(comparison.node) if isinstance(node, Call)}
        operator = next(
            (function for function in ("LEFT", "RIGHT", "MID", "SUBSTITUTE") if function in parts), operator
        )
    return [name for literal in comparison.texts for name in named(world, operator, str(literal.value), kind)]


def others_in(comparison: Comparison, kind: str) -> list[str]:
    """The texts of a comparison that mean no profile: licenses, types, answers."""
    return [] if kind in _OF_PROFILE else [str(literal.value) for literal in comparison.texts]


def split_values(value: str) -> list[str]:
    """The alternatives of a filter's value: commas mean OR, quotes protect them (metadata-catalogue.md 6)."""
    parts, part, quoted = [], "", False
    for character in value:
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            parts.append(part.strip())
            part = ""
        else:
            part += character
    return [text for text in [*parts, part.strip()] if text]


def split_list(text: str) -> list[str]:
    """The names in a label or custom metadata text that holds one or several, separated by `;`, `,`, `:` or lines."""
    for separator in (";", "\n", ",", ":"):
        if separator in text:
            return [part.strip() for part in text.split(separator) if part.strip()]
    return [text.strip()] if text.strip() else []


def against(names: Iterable[str]) -> str:
    """The second half of a sentence that says which profiles a test names; empty when it names none."""
    labels = tuple(dict.fromkeys(names))
    return f" against {listing(labels)}" if labels else ""


def listing(labels: tuple[str, ...], most: int = 4) -> str:
    """Names in quotes as a phrase: `"A", "B" and 3 more`."""
    shown = [f'"{label}"' for label in labels[:most]]
    if len(labels) > most:
        shown.append(f"{len(labels) - most} more")
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
