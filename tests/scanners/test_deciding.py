"""Verdicts on formulas against plain evaluation of every case."""

from __future__ import annotations

from itertools import product
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanners import deciding
from scanners.effects import effect
from scanners.formula.evaluate import evaluate
from scanners.formula.parser import parse
from scanners.formula.printer import printed
from scanners.model import Profile, Subject, Switch, Verdict
from scanners.profiles import ProfileBook
from scanners.world import World

OLD, NEW = Profile("API Only", "API Only"), Profile("Integration", "Integration")
WORLD = World([], Switch((OLD,), NEW, explicit=True), ProfileBook([OLD, NEW]))
FIELDS = ("A__c", "B__c", "C__c")


def _tests() -> st.SearchStrategy[str]:
    names = st.sampled_from(['"API Only"', '"Integration"', '"Sales"', '"api only"', '"API"'])
    shapes = st.sampled_from(["$Profile.Name = {}", "{} <> $Profile.Name", "CONTAINS($Profile.Name, {})"])
    return st.builds(lambda shape, name: shape.format(name), shapes, names)


def _formulas() -> st.SearchStrategy[str]:
    leaves = st.one_of(_tests(), st.sampled_from([*FIELDS, "TRUE", "FALSE"]))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds("AND({}, {})".format, inner, inner),
            st.builds("OR({}, {}, {})".format, inner, inner, inner),
            st.builds("NOT({})".format, inner),
            st.builds("({} && {})".format, inner, inner),
            st.builds("({} || {})".format, inner, inner),
            st.builds("IF({}, {}, {})".format, inner, inner, inner),
        ),
        max_leaves=12,
    )


def _cases(text: str, profile: Profile) -> list[bool]:
    """Whether the formula is true in every case of its fields, null included, for a profile."""
    types = dict.fromkeys(FIELDS, "Boolean")
    tree = parse(text)
    return [
        evaluate(tree, {"$Profile.Name": profile.label, **dict(zip(FIELDS, values, strict=True))}, types) is True
        for values in product((True, False, None), repeat=3)
    ]


@settings(max_examples=400)
@given(_formulas())
def test_verdict_is_that_of_every_case(text: str) -> None:
    """`same` where no case tells the profiles apart, `changes` where one does; never `depends`, as nothing is open."""
    judged = deciding.judged(parse(text), "Account", WORLD, Subject.RUNNING_USER)
    word = effect(OLD.label, judged(OLD), judged(NEW), nulls=True)
    differ = _cases(text, OLD) != _cases(text, NEW)
    assert word.verdict == (Verdict.CHANGES if differ else Verdict.SAME), (word, text)


@given(_formulas())
def test_words_mean_the_same_as_the_formula(text: str) -> None:
    """What is left, evaluated without the profile, is true in the same cases."""
    left = deciding.judged(parse(text), "Account", WORLD, Subject.RUNNING_USER)(OLD).text
    plain = {"always": "TRUE", "never": "FALSE"}.get(left, left)
    assert "$Profile" not in plain
    assert _cases(plain, OLD) == _cases(text, OLD)


def test_ten_thousand_levels() -> None:
    """Deep nesting is judged without a crash; what lies deeper than can be told apart is one undecided part."""
    text = "NOT(" * 10_000 + '$Profile.Name = "API Only" && A__c' + ")" * 10_000
    judged = deciding.judged(parse(text), "Account", WORLD, Subject.RUNNING_USER)
    assert effect(OLD.label, judged(OLD), judged(NEW), nulls=True).verdict == Verdict.CHANGES
    assert judged(NEW).text in {"never", "always"}


@pytest.mark.parametrize("levels", [3, 60, 2000])
def test_conditions_of_conditions(levels: int) -> None:
    """IF needs its condition twice; IFs in it do not double the work each time."""
    text = "IF(" * levels + 'B__c && $Profile.Name = "API Only"' + ", C__c, A__c)" * levels
    judged = deciding.judged(parse(text), "Account", WORLD, Subject.RUNNING_USER)
    start = process_time()
    assert effect(OLD.label, judged(OLD), judged(NEW), nulls=True).verdict == Verdict.CHANGES
    assert process_time() - start < 10


def test_choices_in_a_row() -> None:
    """A chain of IFs in each other's last branch, the usual one, is told apart through all its levels."""
    text = "".join(f'IF(A__c && T__c = "{n}", B__c, ' for n in range(5)) + '$Profile.Name = "Sales")' + ")" * 5
    judged = deciding.judged(parse(text[:-1]), "Account", WORLD, Subject.RUNNING_USER)
    assert effect(OLD.label, judged(OLD), judged(NEW), nulls=True).verdict == Verdict.SAME
    either = text[:-1].replace('"Sales"', '"API Only" && A__c && NOT(A__c)')
    judged = deciding.judged(parse(either), "Account", WORLD, Subject.RUNNING_USER)
    assert effect(OLD.label, judged(OLD), judged(NEW), nulls=True).verdict == Verdict.SAME


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ('T__c = "a"', 'T__c = "A"', Verdict.CHANGES),
        ('T__c = "a b"', 'T__c = "ab"', Verdict.CHANGES),
        ('T__c = "a"', 't__C  = "a"', Verdict.SAME),
        ('T__c <> "a"', 'NOT(T__c = "a")', Verdict.SAME),
    ],
)
def test_texts_are_exact_and_names_are_not(first: str, second: str, verdict: Verdict) -> None:
    """Two tests are one when the platform cannot tell them apart."""
    judged = deciding.judged(
        parse(f'IF($Profile.Name = "API Only", {first}, {second})'), "Account", WORLD, Subject.RUNNING_USER
    )
    assert effect(OLD.label, judged(OLD), judged(NEW), nulls=True).verdict == verdict


def test_known_names_that_cannot_be_put_in() -> None:
    """A name that stays in what is left, and stands for another value on the other side, is no equality."""
    text = 'BLANKVALUE($Profile.Name, LEFT(A__c, B__c)) = "API Only"'
    judged = deciding.judged(parse(text), "Account", WORLD, Subject.RUNNING_USER)
    assert "$Profile.Name" in judged(OLD).text
    assert effect(OLD.label, judged(OLD), judged(NEW), nulls=True).verdict == Verdict.CHANGES


def test_formula_fields_that_read_each_other() -> None:
    """A circle of formula fields, which no org has, is left as it stands."""
    assert printed(deciding.inlined(parse("X__c"), "Account", WORLD)) == "X__c"
