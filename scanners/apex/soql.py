"""Whether a query finds a profile, or a user who has it. SOQL ignores letter case (metadata-catalogue.md 7.1)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.apex.values import CHOICES, Sym, const, core, make
from scanners.profiles import is_id, key
from scanners.views import Open

if TYPE_CHECKING:
    from scanners.subjects import Attribute
    from scanners.views import View

_NEGATIVE = frozenset({"!=", "<>", "not in"})
_EQUAL = frozenset({"=", "in"}) | _NEGATIVE
LABEL = "the text of label {0}: SELECT Name, Value FROM ExternalString WHERE Name = '{0}' (Tooling API)"
"""What tells the text of a label that is not in the project."""
UNKNOWN_PART = "\u2026"
"""What stands in a text that is put together for a part that is not known."""
REST = "row"
"""The mark of what a query asks besides the profile: the switch leaves it as it is."""


def meets(where: Sym, view: View) -> Sym:
    """Whether a row that is the profile, or is a user of it, meets a query's condition."""
    if where.op in ("&&", "||", "!"):
        return make(where.op, tuple(meets(arg, view) for arg in where.args))
    if where.known:
        return where
    if where.op != "row-test":
        words = str(where.data or "the rest of the query")
        return _open(where, words, REST, f"whether {words}")
    operator, attribute, text = where.data
    if attribute is None:
        return _open(where, text, REST, f"whether {text} holds")
    answers = [_answer(operator, attribute, value, view) for value in _values(where.args)]
    if True in answers:
        holds: bool | None = True
    else:
        holds = None if None in answers or not answers else False
    if holds is None:
        return _undecided(where, attribute, text, view)
    return const(holds != (operator in _NEGATIVE))


def likes(pattern: str, text: str) -> bool:
    """LIKE: `%` stands for any text, `_` for one character, a backslash takes the meaning from either."""
    parts = re.findall(r"\\.|%|_|[^\\%_]+", key(pattern), re.DOTALL)
    signs = {"%": ".*", "_": "."}
    regex = "".join(signs.get(part, re.escape(part.removeprefix("\\"))) for part in parts)
    return re.fullmatch(regex, key(text), re.DOTALL) is not None


def _answer(operator: str, attribute: Attribute, value: Sym, view: View) -> bool | None:
    """Whether one value of a comparison means the profile; None when that is not known."""
    from scanners.apex import identity  # noqa: PLC0415 - rows hold conditions, and conditions compare with rows

    one = core(value)
    if one.op in CHOICES:
        leaves = one.args[1:] if one.op == "?" else one.args
        answers = {_answer(operator, attribute, leaf, view) for leaf in leaves}
        return answers.pop() if len(answers) == 1 else None
    if one.op == "ids" and attribute.kind == "id":
        found = identity.found(one.data, view)
        return found.data if found.known else None
    if not one.known or (operator not in _EQUAL and operator != "like"):
        return None
    if not isinstance(one.data, str):
        return False if one.data is None else None
    if UNKNOWN_PART in one.data:
        return None
    if attribute.kind == "name":
        return likes(one.data, view.profile.label) if operator == "like" else _named(one.data, view)
    if attribute.kind == "id":
        return view.means(one.data) if is_id(one.data) else False
    if attribute.kind not in ("license", "user-type"):
        return None
    fact = view.fact(attribute.kind)
    if isinstance(fact, Open):
        return None
    told = str(fact.value)
    return likes(one.data, told) if operator == "like" else key(told) == key(one.data)


def _named(text: str, view: View) -> bool | None:
    return False if is_id(text) else view.means(text)


def _values(args: tuple[Sym, ...]) -> list[Sym]:
    """The values of a comparison, those of bound collections one by one."""
    found: list[Sym] = []
    waiting = list(args)
    while waiting:
        one = waiting.pop(0)
        if one.op in ("list", "set", "map"):
            waiting[:0] = one.args[0::2] if one.op == "map" else one.args
        elif one.op == "label" and one.args:
            waiting.insert(0, one.args[0])
        else:
            found.append(one)
    return found


def _undecided(where: Sym, attribute: Attribute, text: str, view: View) -> Sym:
    fact = view.fact(attribute.kind) if attribute.kind in ("license", "user-type", "access") else None
    told = "; ".join(dict.fromkeys(filter(None, map(_told_by, _values(where.args)))))
    query = fact.query if isinstance(fact, Open) else told or f"which value `{text}` means"
    return _open(where, text, view.profile.label, query)


def _told_by(value: Sym) -> str:
    """The query that tells what a value is, where the org holds it."""
    if value.op == "config":
        return str(value.data.asks())
    return LABEL.format(value.data) if value.op == "label" else ""


def _open(where: Sym, text: str, mark: str, query: str) -> Sym:
    return Sym("open", (Sym("opaque", data=text or "the rest"),), (mark, query), where.facts, asks=True)
