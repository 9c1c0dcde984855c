"""Formula text to trees: every operator and spelling, places, errors, and sizes that nobody writes by hand."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.formula.nodes import Binary, Call, Literal, Name, Node, Unary, fold, walk
from scanners.formula.parser import FormulaError, parse

# Loosest first; operators of one row lean left.
ROWS = (("||",), ("&&",), ("=", "<>"), ("<", ">", "<=", ">="), ("+", "-", "&"), ("^",), ("*", "/"))
LEVEL = {operator: level for level, row in enumerate(ROWS) for operator in row}


def shape(node: Node) -> str:
    """A tree as text with every parenthesis, so that two trees can be compared."""

    def visit(node: Node, parts: list[str]) -> str:
        match node:
            case Literal(value=value):
                return repr(str(value)) if isinstance(value, str) else str(value).upper()
            case Name(name=name):
                return name
            case Call(function=function):
                return f"{function}({', '.join(parts)})"
            case Unary(operator=operator):
                return f"[{operator} {parts[0]}]"
            case Binary(operator=operator):
                return f"[{parts[0]} {operator} {parts[1]}]"

    return fold(node, visit)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # values
        ("1", "1"),
        ("12.50", "12.50"),
        ('"a"', "'a'"),
        ("'a'", "'a'"),
        ('"it\'s"', '"it\'s"'),
        ("'say \"a\"'", "'say \"a\"'"),
        (r'"a\"b"', "'a\"b'"),
        (r"'a\'b'", '"a\'b"'),
        (r'"a\\"', r"'a\\'"),
        (r'"a\nb\tc\rd"', r"'a\nb\tc\rd'"),
        ('""', "''"),
        ("true", "TRUE"),
        ("FALSE", "FALSE"),
        ("Null", "NONE"),
        # names
        ("$Profile.Name", "$Profile.Name"),
        ("Owner:User.Profile.Name", "Owner:User.Profile.Name"),
        ("$Setup.Acme__c.Skip__c", "$Setup.Acme__c.Skip__c"),
        ("acme__Field__c", "acme__Field__c"),
        ("$CustomMetadata.A__mdt.R.F__c", "$CustomMetadata.A__mdt.R.F__c"),
        ("Straße__c", "Straße__c"),
        ("TrueValue__c", "TrueValue__c"),
        ("Nothing__c", "Nothing__c"),
        ("not_yet__c", "not_yet__c"),
        # flow references
        ("{!$Profile.Name}", "$Profile.Name"),
        ("{!my_current.Owner.Profile.Id}", "my_current.Owner.Profile.Id"),
        ("{! a } = {!b}", "[a = b]"),
        ("{!IF(a, {!b}, c)}", "IF(a, b, c)"),
        # operators
        ("a == b", "[a = b]"),
        ("a != b", "[a <> b]"),
        ("a <> b", "[a <> b]"),
        ("a<=b", "[a <= b]"),
        ("!a", "[NOT a]"),
        ("NOT a", "[NOT a]"),
        ("not(a)", "[NOT a]"),
        ("NOT(NOT(a))", "[NOT [NOT a]]"),
        ("-a + +b", "[[- a] + [+ b]]"),
        ("a - b - c", "[[a - b] - c]"),
        ("a || b && c", "[a || [b && c]]"),
        ("a && b = c", "[a && [b = c]]"),
        ("a = b < c", "[a = [b < c]]"),
        ("a < b & c", "[a < [b & c]]"),
        ("a + b * c", "[a + [b * c]]"),
        ("2 * 3 ^ 2", "[[2 * 3] ^ 2]"),
        ("NOT ISBLANK(a) && b", "[[NOT ISBLANK(a)] && b]"),
        ("NOT a = b", "[[NOT a] = b]"),
        ("(a || b) && c", "[[a || b] && c]"),
        # calls
        ("Today()", "TODAY()"),
        ("and(a,b , c)", "AND(a, b, c)"),
        ("IF(a, 'x', IF(b, 'y', 'z'))", "IF(a, 'x', IF(b, 'y', 'z'))"),
        # blanks and comments
        ("\u00a0a\t=\r\n b\u00a0", "[a = b]"),
        ("a /* of old */ = /* a * b */ b", "[a = b]"),
        ("/**/a/***/=/* 'x */b", "[a = b]"),
        ("'/* no comment */'", "'/* no comment */'"),
    ],
)
def test_reads_as(text: str, expected: str) -> None:
    """Known formulas have known trees."""
    assert shape(parse(text)) == expected


def test_numbers_are_exact() -> None:
    """No float is involved."""
    node = parse("0.1")
    assert isinstance(node, Literal)
    assert node.value == Decimal("0.1")


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("", "ends too early", 0),
        ("   ", "ends too early", 0),
        ("a = ", "ends too early", 3),
        ("IF(a, b", "ends too early", 7),
        ("a b", "unexpected 'b'", 2),
        ("AND(a,)", "unexpected ')'", 6),
        ("a)", "unexpected ')'", 1),
        ("a ~ b", "unexpected character '~'", 2),
        ("a = 'x", "a text that is not closed", 4),
        ('a = "x', "a text that is not closed", 4),
        ("a = .5", "unexpected character '.'", 4),
        ("a\n = = b", "unexpected '='", 5),
        ("a = 1 2", "unexpected '2'", 6),
        ("{!a", "ends too early", 3),
    ],
)
def test_says_where_reading_stopped(text: str, message: str, position: int) -> None:
    """An error has words and the offset of the character that is wrong."""
    with pytest.raises(FormulaError, match=re.escape(message)) as caught:
        parse(text)
    assert caught.value.position == position


def test_nodes_know_their_place() -> None:
    """Offsets are those of the text as written, parentheses and comments aside."""
    text = 'AND( /* x */ NOT($Profile.Name = "Acme API"), (Amount > 10) )'
    places = {text[node.start : node.end] for node in walk(parse(text))}
    assert places == {
        text,
        'NOT($Profile.Name = "Acme API"',
        '$Profile.Name = "Acme API"',
        "$Profile.Name",
        '"Acme API"',
        "Amount > 10",
        "Amount",
        "10",
    }


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "a" + ")" * 10_000,
        "!" * 10_000 + "a",
        "{!" * 10_000 + "a" + "}" * 10_000,
        " || ".join(f'a{n} = "x"' for n in range(10_000)),
        " & ".join(f"a{n}" for n in range(10_000)),
        "AND(" + ",".join(f"a{n}" for n in range(10_000)) + ")",
        "IF(a, 1, " * 10_000 + "2" + ")" * 10_000,
        "IF(" * 10_000 + "a" + ", 1, 2)" * 10_000,
    ],
    ids=["parentheses", "not", "braces", "or", "join", "and", "else", "condition"],
)
def test_size_is_no_concern(text: str) -> None:
    """Ten thousand of anything neither overflow a stack nor lose a node."""
    nodes = list(walk(parse(text)))
    assert sum(isinstance(node, Name) for node in nodes) == text.count("a")


def test_a_parse_is_remembered() -> None:
    """The same text gives the same tree, so that nodes can be told apart by identity."""
    assert parse("a = b") is parse("a = b")


def test_walk_is_in_reading_order() -> None:
    """Parents before children, left before right."""
    assert [node.name for node in walk(parse("IF(a = b, c && d, e)")) if isinstance(node, Name)] == list("abcde")


_NAMES = st.sampled_from(["a", "$Profile.Name", "Owner:User.Profile.Name", "not_x", "Nullable__c", "ns__F__c"])
_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\\\n\r\t"), max_size=8)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"' if len(text) % 2 else "'" + text.replace("'", "\\'") + "'"


_LEAVES = st.one_of(
    _NAMES.map(lambda name: (name, name)),
    _TEXTS.map(lambda text: (_quoted(text), repr(text))),
    st.integers(0, 999).map(lambda number: (str(number), str(number))),
    st.sampled_from([("TRUE", "TRUE"), ("False", "FALSE"), ("null", "NONE")]),
)
Written = tuple[str, str]


def _grown(parts: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    """(text, shape) of operations on parts; every part is put in parentheses or braces."""
    blank = st.sampled_from(["", " ", "\n", "\u00a0", " /* a = 'b */ ", "/**/"])
    binary = st.builds(
        lambda left, operator, right, space: (
            f"({left[0]}){space}{operator}{space}({right[0]})",
            f"[{left[1]} {operator} {right[1]}]",
        ),
        parts,
        st.sampled_from(sorted(LEVEL)),
        parts,
        blank,
    )
    negated = st.builds(
        lambda part, space: (f"NOT{space}({part[0]})", f"[NOT {part[1]}]"),
        parts,
        blank,
    )
    call = st.builds(
        lambda function, some, space: (
            f"{function}({space}{f'{space},{space}'.join(text for text, _ in some)}{space})",
            f"{function.upper()}({', '.join(shape for _, shape in some)})",
        ),
        st.sampled_from(["AND", "or", "Case", "isPickVal", "CONTAINS"]),
        st.lists(parts, max_size=4),
        blank,
    )
    braces = parts.map(lambda part: (f"{{!{part[0]}}}", part[1]))
    return binary | negated | call | braces


@given(st.recursive(_LEAVES, _grown, max_leaves=12))
def test_parentheses_are_obeyed(written: Written) -> None:
    """Whatever is written with all parentheses is read as it stands, whatever blanks and comments stand between."""
    text, expected = written
    assert shape(parse(text)) == expected


@given(st.lists(st.sampled_from(sorted(LEVEL)), min_size=1, max_size=6))
def test_tighter_operators_bind_first(operators: list[str]) -> None:
    """A chain of operators is split at its loosest one, the last of several."""

    def expected(names: list[str], some: list[str]) -> str:
        if not some:
            return names[0]
        loosest = min(LEVEL[one] for one in some)
        at = max(index for index, one in enumerate(some) if LEVEL[one] == loosest)
        return f"[{expected(names[: at + 1], some[:at])} {some[at]} {expected(names[at + 1 :], some[at + 1 :])}]"

    names = [f"n{index}" for index in range(len(operators) + 1)]
    text = names[0] + "".join(f" {operator} {name}" for operator, name in zip(operators, names[1:], strict=True))
    assert shape(parse(text)) == expected(names, operators)


@given(st.text(st.sampled_from("aZ$.:#_'\"()!{}=<>&|+-*/^, \n0189NOT/*"), max_size=30))
def test_noise_is_refused_in_words(text: str) -> None:
    """Any text gives a tree or an error that points into it."""
    wrong: FormulaError | None = None
    try:
        node = parse(text)
    except FormulaError as error:
        wrong = error
    if wrong is None:
        assert 0 <= node.start <= node.end <= len(text)
    else:
        assert 0 <= wrong.position <= len(text)
        assert str(wrong)
