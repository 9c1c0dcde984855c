"""Filters for the users of one profile: what is left of `field operator value` lines (metadata-catalogue.md 6).

Commas in a value mean OR for `equals`, `contains` and `startsWith`, none-of for their opposites. Letter case is
ignored (general knowledge: authors rely on it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners import effects, logic
from scanners.effects import Remainder
from scanners.model import Subject
from scanners.naming import split_values
from scanners.numbered import joined
from scanners.profiles import is_id, key
from scanners.views import Known, Open, View

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scanners.facts import FilterItem
    from scanners.logic import Condition
    from scanners.model import Profile
    from scanners.subjects import Attribute
    from scanners.world import World

    Told = Callable[[FilterItem], Attribute | None]
    """Which fact of the user in question an item tests; None when it tests something else."""

_OPPOSITE = {
    "notequal": "equals",
    "notcontain": "contains",
    "excludes": "includes",
    "notequalto": "equals",
    "ne": "equals",
    "doesnotcontain": "contains",
    "notstartwith": "startswith",
}
_IDENTITY = frozenset({"name", "id", "key"})
EACH = "EACH"
"""In place of the logic of a filter: its items stand apart, as the comparisons of a script do."""
_SAME = {"equal": "equals", "equalto": "equals", "in": "equals"}
_WORDS = {
    "equals": "=",
    "notequal": "<>",
    "contains": "CONTAINS",
    "notcontain": "NOT CONTAINS",
    "startswith": "BEGINS",
    "lessthan": "<",
    "greaterthan": ">",
    "lessorequal": "<=",
    "greaterorequal": ">=",
}


def judged(
    items: Sequence[FilterItem], expression: str, told: Told, world: World, *, exact: bool = False
) -> Callable[[Profile], Remainder]:
    """What is left of a filter for the users of each profile; `exact` where letter case counts, as in a script."""
    texts = [text for item in items for text in split_values(item.value)]
    subject = _subject(items, told)

    def of(profile: Profile) -> Remainder:
        view = View(world, profile, subject, texts)
        parts: list[Condition] = []
        queries: list[str] = []
        for item in items:
            attribute = told(item)
            if attribute is None:
                parts.append(logic.unknown(shown(item)))
                continue
            part, query = one(item, attribute.kind, view, exact=exact)
            parts.append(part)
            queries += [query] if query else []
        if expression == EACH:
            apart = [logic.And((logic.unknown(f"at comparison {at}"), part)) for at, part in enumerate(parts, start=1)]
            whole: Condition | None = apart[0].parts[1] if len(apart) == 1 else logic.Or(tuple(apart))
        else:
            whole = joined(expression, parts)
        if whole is None:  # the platform would not have saved it; say nothing about what it means
            whole = logic.unknown(f"filter {expression!r} over {len(parts)} items")
        return effects.whole(folded(whole), queries)

    return of


def _subject(items: Sequence[FilterItem], told: Told) -> Subject:
    """Whose profile the filter looks at; the running user's where it looks at none."""
    found = [attribute.subject for item in items if (attribute := told(item))]
    return found[0] if found else Subject.RUNNING_USER


def one(item: FilterItem, kind: str, view: View, *, exact: bool = False) -> tuple[Condition, str]:
    """One line of a filter on a profile fact of this kind, and the query that settles it."""
    name, text = item.operator.lower(), shown(item)
    positive = _SAME.get(name, _OPPOSITE.get(name, name))
    values = split_values(item.value)
    if kind in _IDENTITY:
        answers = [_names(positive, one, view, exact=exact) for one in values]
    else:
        fact = view.fact(kind)
        if isinstance(fact, Open):
            return effects.data(text, kind, fact.mark), fact.query
        answers = [_compared(positive, str(fact.value), one, exact=exact) for one in values]
    # No value at all asks for a user without a profile or license; there is none.
    answer = True if True in answers else None if None in answers else False
    if answer is None:
        return effects.data(text, kind, view.profile.label), "SELECT Id, Name FROM Profile"
    condition = logic.TRUE if answer else logic.FALSE
    return (logic.negated(condition) if name in _OPPOSITE else condition), ""


def shown(item: FilterItem) -> str:
    """A line of a filter as people read it: `Status = Closed`."""
    operator = _WORDS.get(item.operator.lower(), item.operator)
    return f"{item.field} {operator} {item.value or item.value_field or 'blank'}".strip()


def folded(condition: Condition) -> Condition:
    """The condition without its decided parts."""
    match condition:
        case logic.Not():
            return logic.negated(folded(condition.of))
        case logic.And():
            return logic.all_of(folded(part) for part in condition.parts)
        case logic.Or():
            return logic.any_of(folded(part) for part in condition.parts)
    return condition


def _names(operator: str, text: str, view: View, *, exact: bool) -> bool | None:
    """Whether a text means the profile, or is a part of its label."""
    if is_id(text):
        return view.means(text)
    if operator == "equals" and not exact:
        return view.world.book.named(text).label == view.profile.label
    value = view.fact("name")
    return _compared(operator, str(value.value) if isinstance(value, Known) else "", text, exact=exact)


def _compared(operator: str, value: str, text: str, *, exact: bool) -> bool | None:
    left, right = (value, text) if exact else (key(value), key(text))
    match operator:
        case "equals" | "includes":
            return left == right
        case "contains":
            return right in left
        case "containslater":
            return left.find(right) > 0
        case "startswith":
            return left.startswith(right)
    return None
