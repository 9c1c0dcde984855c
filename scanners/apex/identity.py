"""A profile's id held against ids, texts and queried rows, by what the two are declared to be.

As `Id` both forms of 15 and 18 characters are equal, as `String` they are not (metadata-catalogue.md 7.1, documented).
`UserInfo.getProfileId()` is documented to return a String, but code that compares it with 15 characters as if it were
an Id is common; where the two readings differ, the answer is left open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scanners.apex import soql
from scanners.apex.values import Row, Sym, const, core, make
from scanners.profiles import is_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scanners.views import View

_UNSURE = (
    "whether Apex finds an id of 15 characters equal here, as for an Id, or not, as for a String: "
    "System.debug(UserInfo.getProfileId() == '{}') as a user of the profile"
)


def opened(what: Sym, mark: str, query: str) -> Sym:
    """A value that only the org's data decides: whose data, and what tells it."""
    return Sym("open", (what,), (mark, query), what.facts, what.size, asks=True)


def met(left: Sym, right: Sym, view: View) -> Sym | None:
    """Whether a profile's id equals the other side; None when neither is one, or the other is a record's data."""
    if core(left).op != "profile":
        left, right = right, left
    if core(left).op != "profile":
        return None
    other = core(right)
    if other.op == "profile":
        return const(value=True)
    if other.op == "ids":
        return found(other.data, view)
    if not other.known:
        return None
    if not (isinstance(other.data, str) and is_id(other.data)):
        return const(value=False)
    form = {"as-id": "id", ".tostring": "string"}.get(left.op, "")
    return _equal(left, other.data, "id" if right.op == "as-id" else form, view)


def among(collection: Sym, key: Sym, view: View) -> Sym | None:
    """Whether a profile's id is in a collection or a key of a map; None when it is no profile's id."""
    if collection.op == "rows":
        own = core(key).op == "profile" if _kept(collection.data) == "id" else _is_name_of(key, view)
        return _meets(collection.data, view) if own and collection.data.object == "profile" else None
    if core(key).op != "profile":
        return None
    keys = collection.args[0::2] if collection.op == "map" else collection.args
    answers = [answer for one in keys for answer in (_held(collection, one, key, view),)]
    if any(answer is None for answer in answers):
        known = [answer for answer in answers if answer is not None]
        return make("||", (*known, Sym(".contains", (collection, key)))) if known else None
    return make("||", tuple(answer for answer in answers if answer is not None))


def _kept(row: Row) -> str:
    """What a collection made of queried rows holds: the field that was kept of each, or that they are found by."""
    return row.gives or row.key


def _is_name_of(key: Sym, view: View) -> bool:
    return key.known and isinstance(key.data, str) and key.data == view.profile.label


def looked_up(collection: Sym, key: Sym, view: View) -> Sym | None:
    """What a map holds for a profile's id; None when that is not decided."""
    if core(key).op != "profile":
        return None
    value: Sym = const(None)
    for one, held in zip(collection.args[0::2], collection.args[1::2], strict=True):
        answer = _held(collection, one, key, view)
        if answer is None or not answer.known:
            return None
        value = held if answer.data else value
    return value


def found(row: Row, view: View) -> Sym:
    """Whether the profile is a queried row. Which of several rows it is, the org decides, the same for everybody."""
    meets = _meets(row, view)
    if not (meets.known and meets.data is True) or len(row.names) == 1:
        return meets
    if row.index is None:
        return Sym("turn", data=("the row at hand", False))
    if not row.names:
        return Sym("turn", data=(f"row {row.index + 1} of the query", True))
    last = len(row.names) - 1
    if row.index < last:
        return Sym("turn", data=(f"row {row.index + 1} of the query", True))
    turns = tuple(Sym("turn", data=(f"row {at + 1} of the query", True)) for at in range(last))
    return make("!", (make("||", turns),)) if row.index == last else const(value=False)


def _meets(row: Row, view: View) -> Sym:
    if row.where is not None:
        return soql.meets(row.where, view)
    if not row.names:
        return const(value=True)  # the query asks for all profiles
    return make("||", tuple(_answered(view.means(name), name, view) for name in row.names))


def _held(collection: Sym, one: Sym, key: Sym, view: View) -> Sym | None:
    """Whether one element is the id. A query's row in a collection stands for all rows it was filled with."""
    other = core(one)
    if other.op == "ids":
        return _meets(other.data, view)
    if collection.data == "string":
        return met(Sym(".tostring", (core(key),)), other, view)
    if collection.data == "id":
        return met(Sym("as-id", (core(key),)), other, view)
    return met(key, one, view)


def _equal(left: Sym, text: str, form: str, view: View) -> Sym:
    answer = view.means(text)
    if len(text) == 15 and answer is not False:
        if form == "string":
            return const(value=False)
        if form == "":
            return opened(Sym("==", (left, const(text))), view.profile.label, _UNSURE.format(text))
    return _answered(answer, text, view)


def _answered(answer: bool | None, text: str, view: View) -> Sym:
    if answer is not None:
        return const(answer)
    test = Sym("==", (Sym("profile"), const(text)))
    return opened(test, view.profile.label, f"SELECT Id, Name FROM Profile WHERE Id = '{text}'")


def union(marks: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """One mark and one query for a value that several open parts decide."""
    pairs = list(dict.fromkeys(marks))
    return "@".join(dict.fromkeys(mark for mark, _ in pairs)), "; ".join(dict.fromkeys(query for _, query in pairs))
