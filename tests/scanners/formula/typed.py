"""Random formulas whose types fit, records for them, and what the org might answer. A helper of tests."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING
from zlib import crc32

from hypothesis import strategies as st

from scanners.formula.functions import FUNCTIONS
from scanners.formula.functions.signature import Outside, Setting
from scanners.formula.nodes import Binary, Call, Literal, Name, Node, Unary, children, fold
from scanners.formula.parser import parse
from scanners.formula.printer import printed
from scanners.formula.static import Types
from scanners.formula.values import Type

if TYPE_CHECKING:
    from collections.abc import Sequence

TYPES = {
    "$Profile.Name": "Text",
    "T": "Text",
    "S": "Text",
    "K": "Picklist",
    "N": "Double",
    "M": "Double",
    "P": "Percent",
    "B": "Boolean",
    "C": "Boolean",
    "D": "Date",
}
KNOWABLE = ("$profile.name", "t", "k", "n", "p", "b", "d", "loose")

_TEXTS = st.sampled_from(["", "A", "a", "API Only", "Admin", "1", "2024-02-29"])
_NUMBERS = st.sampled_from([Decimal(0), Decimal(1), Decimal("2.5"), Decimal(-3), Decimal("1.50")])
_EMPTY_TEXT = _TEXTS.map(lambda text: text or None)

RECORDS = st.fixed_dictionaries(
    {
        "$profile.name": _EMPTY_TEXT,
        "t": _EMPTY_TEXT,
        "s": _EMPTY_TEXT,
        "k": _EMPTY_TEXT,
        "n": st.none() | _NUMBERS,
        "m": st.none() | _NUMBERS,
        "p": st.none() | _NUMBERS,
        "b": st.booleans() | st.none(),
        "c": st.booleans() | st.none(),
        "d": st.none() | st.dates(),
        # Of a field without a type, a null too is one; what it means then, only its place tells.
        "loose": _NUMBERS,
    }
)


def _calls(function: str, *arguments: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.tuples(*arguments).map(lambda found: Call(function, found))


def _names(*names: str) -> st.SearchStrategy[Node]:
    return st.sampled_from(names).map(Name)


def _amount(value: Decimal) -> Node:
    return Literal(value) if value >= 0 else Unary("-", Literal(-value))


_Nodes = st.SearchStrategy[Node]


def _text(truth: _Nodes, number: _Nodes) -> _Nodes:
    leaf = _TEXTS.map(Literal) | _names("$Profile.Name", "T", "S", "T", "S") | _calls("PRIORVALUE", _names("T"))

    def grow(inner: _Nodes) -> _Nodes:
        return st.one_of(
            st.sampled_from(["LOWER", "TRIM", "LEN", "CASESAFEID"][:2]).flatmap(lambda name: _calls(name, inner)),
            _calls("LEFT", inner, number),
            _calls("SUBSTITUTE", inner, inner, inner),
            _calls("BLANKVALUE", inner, inner),
            _calls("NULLVALUE", inner, inner),
            _calls("IFERROR", inner, inner),
            _calls("TEXT", number),
            _calls("IF", truth, inner, inner),
            _calls("CASE", inner, inner, inner, inner, inner, inner),
            st.builds(Binary, st.sampled_from(["&", "+"]), inner, inner),
        )

    return st.recursive(leaf, grow, max_leaves=4)


def _number(truth: _Nodes, text: _Nodes) -> _Nodes:
    leaf = _NUMBERS.map(_amount) | _names("N", "M", "P", "LOOSE")

    def grow(inner: _Nodes) -> _Nodes:
        return st.one_of(
            st.builds(Binary, st.sampled_from(["+", "-", "*", "/", "/", "^"]), inner, inner),
            st.builds(Unary, st.just("-"), inner),
            _calls("IF", truth, inner, inner),
            _calls("CASE", text, text, inner, text, inner, inner),
            _calls("BLANKVALUE", inner, inner),
            _calls("NULLVALUE", inner, inner),
            _calls("VALUE", text),
            _calls("LEN", text),
            _calls("IFERROR", inner, inner),
        )

    return st.recursive(leaf, grow, max_leaves=4)


def _truth(inner: _Nodes, text: _Nodes, number: _Nodes) -> _Nodes:
    equal = st.sampled_from(["=", "<>"])
    order = st.sampled_from(["=", "<>", "<", ">="])
    return st.one_of(
        st.builds(Binary, equal, text, text),
        st.builds(Binary, order, number, number),
        st.builds(Binary, order, _names("D"), _calls("TODAY")),
        st.sampled_from(["CONTAINS", "BEGINS", "REGEX"]).flatmap(lambda name: _calls(name, text, text)),
        st.sampled_from(["ISBLANK", "ISNULL"]).flatmap(lambda name: _calls(name, text | number)),
        _calls("ISPICKVAL", _names("K"), _TEXTS.map(Literal)),
        _calls("IN", text, text, text),
        _calls("ISCHANGED", _names("T", "K", "N")),
        st.builds(Unary, st.just("NOT"), inner),
        st.builds(Binary, st.sampled_from(["&&", "||"]), inner, inner),
        st.builds(
            lambda f, some: Call(f, tuple(some)),
            st.sampled_from(["AND", "OR"]),
            st.lists(inner, min_size=1, max_size=4),
        ),
        _calls("IF", inner, inner, inner),
        _calls("IFERROR", inner, inner),
        st.builds(Binary, equal, inner, inner),
    )


_LEAF = _names("B", "C") | st.booleans().map(Literal) | _calls("ISNEW")
_PLAIN_TEXT, _PLAIN_NUMBER = _text(_LEAF, _NUMBERS.map(_amount)), _number(_LEAF, _TEXTS.map(Literal))
_MIXED_TEXT, _MIXED_NUMBER = _text(_LEAF, _PLAIN_NUMBER), _number(_LEAF, _PLAIN_TEXT)
_RICH: _Nodes = st.recursive(_LEAF, lambda inner: _truth(inner, _MIXED_TEXT, _MIXED_NUMBER), max_leaves=8)


def _dense(*texts: str) -> _Nodes:
    return st.sampled_from(texts).map(parse)


# Few parts, each of which means trouble: null, an error, an empty text that is not null, a blank that is estimated.
_BLANKS = st.recursive(
    _dense(
        "T", "S", '""', '"A"', 'SUBSTITUTE(T, "A", "")', "LEFT(T, N)", "LEFT(T, -1)", "TEXT(1 / N)", "$Profile.Name"
    ),
    lambda inner: st.sampled_from(["BLANKVALUE", "NULLVALUE", "IFERROR"]).flatmap(lambda f: _calls(f, inner, inner)),
    max_leaves=4,
)
_DECIDING = _dense(
    "B", "C", "TRUE", "FALSE", "N = 1", 'CONTAINS(T, "A")', "1 / N = 1", '$Profile.Name = "A"', "ISBLANK(T)"
)
_ASKED = st.one_of(
    _calls("ISBLANK", _BLANKS),
    _BLANKS.map(lambda text: Binary("=", text, Literal("A"))),
    st.tuples(_dense("T", '"A"', "$Profile.Name"), _BLANKS, _dense("TEXT(1 / N)", '"x"', "S")).map(
        lambda found: Binary("=", Call("CASE", (found[0], found[1], Literal("x"), Name("S"), *found[1:])), Literal("x"))
    ),
)
_DENSE = st.recursive(
    _DECIDING | _DECIDING | _ASKED,
    lambda inner: st.one_of(
        st.builds(Unary, st.just("NOT"), inner),
        st.sampled_from(["AND", "OR", "IFERROR"]).flatmap(lambda f: _calls(f, inner, inner)),
        _calls("IF", inner, inner, inner),
    ),
    max_leaves=5,
)
CONDITIONS: _Nodes = _DENSE | _RICH
FORMULAS: _Nodes = CONDITIONS | _BLANKS | _text(_RICH, _MIXED_NUMBER) | _number(_RICH, _MIXED_TEXT)


def setting(*, zero: bool) -> Setting:
    """A fresh one: types are remembered by node. The answers of `answered` have theirs."""
    answers = {
        f"org{kind.name}{number}": "Boolean" if kind is Type.BOOLEAN else kind.name
        for kind in Type
        for number in range(4)
    }
    return Setting(
        Types(
            {
                **TYPES,
                **{name: declared for name, declared in answers.items() if not declared.startswith(("NULL", "ANY"))},
            }
        ),
        zero=zero,
    )


def answered(tree: Node) -> Node:
    """The formula with each question to the org replaced by a name; equal questions get one name."""

    def visit(node: Node, parts: Sequence[Node]) -> Node:
        match node:
            case Call():
                row = FUNCTIONS.get(node.function)
                whole = Call(node.function, tuple(parts))
                if isinstance(row, Outside):
                    kind = Types(TYPES).of(node)
                    return Name(f"org{kind.name}{crc32(printed(whole).lower().encode()) % 4}")
                return whole
            case Unary():
                return Unary(node.operator, parts[0])
            case Binary():
                return Binary(node.operator, parts[0], parts[1])
        return node

    return fold(tree, visit)


def answers(seed: int) -> dict[str, object]:
    """What the org answers to each question of `answered`."""
    pool: dict[Type, list[object]] = {
        Type.BOOLEAN: [True, False],
        Type.TEXT: [None, "A", "API Only", "1"],
        Type.DATE: ["2024-01-31", "2024-02-29"],
    }
    return {
        f"org{kind.name}{number}".lower(): values[(seed >> (2 * number)) % len(values)]
        for kind, values in pool.items()
        for number in range(4)
    }


def size(tree: Node) -> int:
    """Nodes in a tree."""
    return fold(tree, lambda node, parts: 1 + sum(parts) if children(node) else 1)
