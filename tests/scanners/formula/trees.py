"""Random formulas, and the laws' helpers. A helper of tests; it holds no test."""

from __future__ import annotations

from hypothesis import strategies as st

from scanners.formula.nodes import Binary, Call, Literal, Name, Node, Unary

NAMES = ("t", "u", "n", "d", "b", "Owner:User.Profile.Name", "$Setup.A__c.B__c")
TYPES = {"t": "Text", "u": "Text", "n": "Double", "d": "Date", "b": "Checkbox"}
OPERATORS = ("||", "&&", "=", "<>", "<", ">", "<=", ">=", "+", "-", "&", "^", "*", "/")
FUNCTIONS = ("IF", "AND", "OR", "CASE", "LEFT", "ISBLANK", "BLANKVALUE", "CONTAINS", "TEXT", "VALUE", "ISNEW")

NUMBERS = st.decimals(min_value=0, max_value=10**9, places=2)
LEAVES = st.one_of(
    st.builds(Literal, st.text(max_size=4) | NUMBERS | st.booleans() | st.none()),
    st.builds(Name, st.sampled_from(NAMES)),
)


def _grow(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.builds(Binary, st.sampled_from(OPERATORS), inner, inner),
        st.builds(Unary, st.sampled_from(("NOT", "-", "+")), inner),
        st.builds(Call, st.sampled_from(FUNCTIONS), st.lists(inner, max_size=4).map(tuple)),
    )


FORMULAS: st.SearchStrategy[Node] = st.recursive(LEAVES, _grow, max_leaves=20)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "t": st.none() | st.text(max_size=3),
        "u": st.none() | st.sampled_from(["a", "A", "1", "2024-01-31"]),
        "n": st.none() | st.integers(-3, 3) | NUMBERS,
        "d": st.none() | st.dates(),
        "b": st.booleans(),
    },
)


def deep(levels: int) -> dict[str, str]:
    """Formulas that nest so deep, each in another way."""
    return {
        "parentheses": "(" * levels + "1" + ")" * levels,
        "signs": "-" * levels + "1",
        "NOT": "NOT " * levels + "TRUE",
        "IF": "IF(b, 1, " * levels + "2" + ")" * levels,
        "AND": "AND(b, " * levels + "TRUE" + ")" * levels,
        "sum to the left": "1" + " + 1" * levels,
        "sum to the right": "1 - (" * levels + "1" + ")" * levels,
        "texts": '"a" & (' * levels + "t" + ")" * levels,
        "conditions": "IF(" * levels + "b" + ", b, c)" * levels,
        "equal branches": "IF(b, t, " * levels + "t" + ")" * levels,
        "first branches": "IF(b, " * levels + "t" + ", u)" * levels,
        "CASE": 'CASE(t, "a", 1, ' * levels + "2" + ")" * levels,
        "CASE of CASE": "CASE(" * levels + "t" + ', "a", "b", "c")' * levels,
        "BLANKVALUE": "BLANKVALUE(" * levels + "t" + ', "a")' * levels,
        "IFERROR": "IFERROR(" * levels + "t" + ', "a")' * levels,
        "profiles": "OR($Profile.Name = 'A', " * levels + "c" + ")" * levels,
        "comparisons": "(b = " * levels + "c" + ")" * levels,
        "braces": "{!" * levels + "b" + "}" * levels,
    }
