"""What a formula compares, by known answers."""

from __future__ import annotations

import pytest

from scanners.formula.comparisons import comparisons
from scanners.formula.parser import parse

P = "$Profile.Name"


def answer(text: str) -> tuple[list[str], list[str]]:
    """Each comparison as `operator: names | texts`, and the names that reach the value."""
    found, loose = comparisons(parse(text))
    tests = [
        f"{one.operator}: {' '.join(name.name for name in one.names)} | {' '.join(str(t.value) for t in one.texts)}"
        for one in found
    ]
    return tests, [name.name for name in loose]


@pytest.mark.parametrize(
    ("text", "tests", "loose"),
    [
        (f'{P} = "A"', [f"=: {P} | A"], []),
        (f'"A" <> {P}', [f"<>: {P} | A"], []),
        (f"a > 1 && {P} != 'A'", [">: a | ", f"<>: {P} | A"], []),
        (f"NOT({P} = 'A')", [f"=: {P} | A"], []),
        (f"AND(OR({P} = 'A', {P} = 'B'), ISBLANK(x))", [f"=: {P} | A", f"=: {P} | B", "ISBLANK: x | "], []),
        (f"CONTAINS('A:B', {P})", [f"CONTAINS: {P} | A:B"], []),
        (f"CONTAINS($Label.Names, {P})", [f"CONTAINS: $Label.Names {P} | "], []),
        (f"BEGINS(LOWER({P}), 'a')", [f"BEGINS: {P} | a"], []),
        (f"REGEX({P}, 'A.*')", [f"REGEX: {P} | A.*"], []),
        (f"LEFT({P}, 3) = 'ABC'", [f"=: {P} | ABC"], []),
        (f"{P} & 'x' = 'Ax'", [f"=: {P} | x Ax"], []),
        ("ISPICKVAL($User.UserType, 'Standard')", ["ISPICKVAL: $User.UserType | Standard"], []),
        (f"INCLUDES(Profiles__c, 'A') || {P} = 'A'", ["INCLUDES: Profiles__c | A", f"=: {P} | A"], []),
        (f"ISNUMBER({P})", [f"ISNUMBER: {P} | "], []),
        ("ISNULL(ProfileId)", ["ISNULL: ProfileId | "], []),
        ("ISNEW(x)", ["ISNEW: x | "], []),
        ("ISCHANGED(ProfileId)", ["ISCHANGED: ProfileId | "], []),
        # a name that is not tested reaches the value
        (P, [], [P]),
        (f"{P} & ' of ' & $User.Username", [], [P, "$User.Username"]),
        ("By_Interface__c", [], ["By_Interface__c"]),
        ("NOT(By_Interface__c) && x", [], ["By_Interface__c", "x"]),
        # what a condition tests does not reach the value, what it chooses from does
        (f"IF({P} = 'A', b, c)", [f"=: {P} | A"], ["b", "c"]),
        (f"IF(a, {P}, 'none')", [], ["a", P]),
        (f"IF(a = 'x', {P}, 'none') = 'A'", [f"=: {P} | none A", "=: a | x"], []),
        # CASE compares its first argument with every second one
        (f"CASE({P}, 'A', 1, 'B', 2, 3)", [f"CASE: {P} | A B"], []),
        (f"CASE({P}, 'A', x, y)", [f"CASE: {P} | A"], ["x", "y"]),
        (f"CASE(x, 'A', {P}, y)", ["CASE: x | A"], [P, "y"]),
        (f"CASE({P}, 'A', 1, 0) = 1", ["=:  | ", f"CASE: {P} | A"], []),
        (f"CASE({P}, $Label.A, 'x', 'y') = 'x'", ["=:  | x y x", f"CASE: {P} $Label.A | "], []),
        (f"CASE({P})", [f"CASE: {P} | "], []),
        (f"CASE({P}, x)", [f"CASE: {P} | "], ["x"]),
        ("CASE()", ["CASE:  | "], []),
        # words in texts and comments are none
        (f"'{P} = A' = x /* {P} = 'B' */", [f"=: x | {P} = A"], []),
        ("TRUE", [], []),
    ],
)
def test_known_answers(text: str, tests: list[str], loose: list[str]) -> None:
    """Tests in reading order, with the names and texts that meet in each."""
    assert answer(text) == (tests, loose)


def test_outer_comes_before_inner_where_both_begin() -> None:
    """A test around a test stands first, as it is read."""
    assert answer(f"CONTAINS({P}, 'A') = x")[0] == ["=: x | ", f"CONTAINS: {P} | A"]


def test_ten_thousand_tests_are_found() -> None:
    """None is lost, and their order is that of the text."""
    tree = parse(" || ".join(f'{P} = "p{number}"' for number in range(10_000)))
    found, loose = comparisons(tree)
    assert [one.texts[0].value for one in found] == [f"p{number}" for number in range(10_000)]
    assert loose == ()
