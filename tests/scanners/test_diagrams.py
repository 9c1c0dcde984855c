"""Decision diagrams against truth tables."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners import logic
from scanners.diagrams import ALWAYS, DEEPEST, NEVER, Diagrams, TooLarge
from scanners.logic import And, Known, Not, Or

if TYPE_CHECKING:
    from scanners.logic import Condition

NAMES = ("a", "b", "c", "data:d", "data:e")
ATOMS: list[Condition] = [logic.TRUE, logic.FALSE, *(logic.Test(name, name) for name in NAMES)]
LEAVES = st.sampled_from(ATOMS)


def _grown(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return inner.map(Not) | parts.map(And) | parts.map(Or)


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(LEAVES, _grown, max_leaves=12)


def holds(condition: Condition, case: dict[str, bool]) -> bool:
    """Whether a condition is true in one case."""
    match condition:
        case Known():
            return condition.value is True
        case logic.Test():
            return case[condition.key]
        case Not():
            return not holds(condition.of, case)
        case And():
            return all(holds(part, case) for part in condition.parts)
        case Or():
            return any(holds(part, case) for part in condition.parts)


CASES = [dict(zip(NAMES, values, strict=True)) for values in product([False, True], repeat=len(NAMES))]


@given(CONDITIONS, CONDITIONS)
def test_equal_conditions_are_one_number(one: Condition, other: Condition) -> None:
    """Two conditions are the same diagram exactly when they are true in the same cases."""
    diagrams = Diagrams()
    same = all(holds(one, case) == holds(other, case) for case in CASES)
    assert (diagrams.of(one) == diagrams.of(other)) is same


@given(CONDITIONS)
def test_words_say_the_same(condition: Condition) -> None:
    """What is shown of a diagram is true in the same cases."""
    diagrams = Diagrams()
    shown = diagrams.words(diagrams.of(condition), most=99)
    assert shown is not None
    assert all(holds(shown, case) == holds(condition, case) for case in CASES)


@given(CONDITIONS, CONDITIONS)
def test_given_keeps_what_can_be_seen(one: Condition, where: Condition) -> None:
    """A shortened condition agrees wherever the other one is true."""
    diagrams = Diagrams()
    shown = diagrams.words(diagrams.given(diagrams.of(one), diagrams.of(where)), most=99)
    assert shown is not None
    assert all(holds(shown, case) == holds(one, case) for case in CASES if holds(where, case))


@given(CONDITIONS, CONDITIONS)
def test_possible_is_certain_whatever_the_data(one: Condition, where: Condition) -> None:
    """True and False hold for every value of the data that lets the place be reached; None where they part."""
    diagrams = Diagrams()
    answers = set()
    for data in product([False, True], repeat=2):
        cases = [case for case in CASES if (case["data:d"], case["data:e"]) == data]
        if any(holds(where, case) for case in cases):
            answers.add(any(holds(one, case) for case in cases))
    said = diagrams.possible(diagrams.of(one), lambda key: key.startswith("data:"), diagrams.of(where))
    anywhere = any(holds(one, case) for case in CASES)
    expected = False if not anywhere else True if answers <= {True} else None
    assert said is expected


def test_a_null_is_not_true_and_its_opposite_neither() -> None:
    """Null counts as false; NOT of null is null."""
    diagrams = Diagrams()
    assert (diagrams.of(logic.NULL), diagrams.of(Not(logic.NULL))) == (NEVER, NEVER)


def test_many_diamonds_are_small() -> None:
    """A thousand tests whose ways meet again are no longer there, where written out they would double each time."""
    diagrams = Diagrams()
    here = ALWAYS
    for n in range(1000):
        test = diagrams.of(logic.Test(f"t{n}", f"t{n}"))
        here = diagrams.any_of(
            [diagrams.all_of([here, test]), diagrams.all_of([here, diagrams.opposite(test)])],
        )
    assert here == ALWAYS


def test_too_deep_is_said() -> None:
    """More tests in a row than are followed raise, before Python's own depth does."""
    diagrams = Diagrams()
    deep = [diagrams.of(logic.Test(f"t{n}", f"t{n}")) for n in range(DEEPEST + 1)]
    with pytest.raises(TooLarge):
        diagrams.all_of(deep)


def test_words_have_an_end() -> None:
    """A condition of more cases than are shown is not written out."""
    diagrams = Diagrams()
    parity = diagrams.of(logic.Test("t0", "t0"))
    for n in range(1, 4):
        parity = diagrams.different(parity, diagrams.of(logic.Test(f"t{n}", f"t{n}")))
    assert diagrams.words(parity, most=3) is None
