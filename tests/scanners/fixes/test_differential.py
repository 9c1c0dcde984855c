"""No proved fix is wrong: originals and rewrites are run for random users and records, and never differ.

Every condition here is random; those that the engine fixes are run by interpreters that know nothing of fixes. With
FREESEAT_SOAK=10000 in the environment so many of each kind are tried (`make soak`), else a few.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanners import deciding
from scanners.facts import PermissionSetFile, ProfileFile
from scanners.fixes.model import Strategy, Wishes
from scanners.fixes.people import people
from scanners.fixes.proving import Case, claims
from scanners.fixes.rewriting import Rewriter, Unfixable, truth_of
from scanners.formula.evaluate import outcome_of
from scanners.formula.nodes import Binary, Call, Unary
from scanners.formula.parser import FormulaError, parse
from scanners.formula.printer import printed
from scanners.formula.values import Failure
from scanners.model import Location, Profile, Subject, Switch
from scanners.profiles import ProfileBook
from scanners.views import NAMELESS
from scanners.world import World
from tests.scanners.fixes.org import MAIN, OLD, after, fixed, project_in
from tests.scanners.fixes.running import User, decides, guards
from tests.scanners.fixes.test_apex import guarded
from tests.scanners.fixes.test_flows import condition, flow, text, truth
from tests.scanners.formula.typed import CONDITIONS, FORMULAS, RECORDS, answered, answers, setting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from scanners.effects import Judged
    from scanners.fixes.proving import Holders
    from scanners.formula.nodes import Node
    from scanners.formula.values import Outcome

SOAK = int(os.environ.get("FREESEAT_SOAK", "0"))
FEW = 40
BATCH = 20
"""Conditions of one project: reading a project costs more than each of them."""
BOTH = pytest.mark.parametrize("strategy", [Strategy.CUSTOM_PERMISSION, Strategy.EXTEND])
NEW = "Admin"
NAMES = (OLD, NEW, "Sales", "A", "Sales Admin", "API Only 2")


def _file(label: str, *permissions: str) -> ProfileFile:
    where = Location(f"profiles/{label}.profile", 1)
    granted = tuple((one, where) for one in permissions)
    return ProfileFile(Profile(label, label, in_repo=True), where.path, where, granted)


def _world(*permissions: str) -> World:
    """Two profiles of the switch and a third; the old one and the set grant the permissions."""
    files = [_file(OLD, *permissions), _file(NEW), _file("A")]
    granting = PermissionSetFile("Moved", "", Location("permissionsets/Moved.permissionset", 1), permissions)
    book = ProfileBook([one.profile for one in files])
    return World([*files, granting], Switch((files[0].profile,), files[1].profile, explicit=True), book)


BEFORE, AFTER = _world(), _world("X")
WHO = people(BEFORE, BEFORE.switch)


def _proved(tree: Node, new: Node, strategy: Strategy, *, value: bool) -> bool:
    """Whether the engine takes the rewrite for the same."""

    def judged(of: Node, world: World) -> Judged:
        return deciding.judged(of, "Account", world, Subject.RUNNING_USER, gives_value=value)

    def edited(holders: Holders) -> Judged:
        return judged(new, AFTER.with_holders(holders))

    case = Case("formula", judged(tree, BEFORE), edited, nulls=True, more=(NAMELESS,))
    return all(one.holds for one in claims(case, WHO, lambda _: "Moved", strategy))


def _rewritten(source: str, strategy: Strategy) -> str | None:
    rewriter = Rewriter(
        source,
        lambda name: BEFORE.meaning(name, "Account"),
        truth_of("Account", BEFORE),
        WHO,
        lambda _: "X",
        in_tree=[OLD],
        extend=strategy == Strategy.EXTEND,
    )
    try:
        found = rewriter.rewritten()
    except (Unfixable, FormulaError):
        return None
    return found.applied(source) if found.changes else None


def _pairs(strategy: Strategy) -> Iterable[tuple[User, User]]:
    """Users before and after: who moves, who has not moved yet, who never moves."""
    held = frozenset({"X"})
    if strategy == Strategy.EXTEND:
        yield User(OLD), User(NEW)
        yield from ((User(name), User(name)) for name in (OLD, "A", "Sales"))
        return
    yield User(OLD), User(NEW, held)
    yield User(OLD), User(OLD, held)
    yield from ((User(name), User(name)) for name in (NEW, "A", "Sales"))


_ASKED = st.sampled_from(
    [
        '$Profile.Name = "API Only"',
        '$Profile.Name <> "API Only"',
        '"API Only" = $Profile.Name',
        'CONTAINS("API Only:Sales", $Profile.Name)',
        'BEGINS($Profile.Name, "API")',
        'CASE($Profile.Name, "API Only", 1, "A", 2, 3) = 1',
        "T = $Profile.Name",
        'NOT(CONTAINS($Profile.Name, "Admin"))',
        'LOWER($Profile.Name) = "api only"',
    ]
).map(parse)
_TESTED = st.one_of(
    FORMULAS,
    st.builds(lambda name, one, two: Call(name, (one, two)), st.sampled_from(["AND", "OR"]), _ASKED, CONDITIONS),
    st.builds(Binary, st.sampled_from(["&&", "||", "="]), CONDITIONS, _ASKED),
    st.builds(lambda one, two, three: Call("IF", (one, two, three)), _ASKED, CONDITIONS, CONDITIONS),
    st.builds(lambda one, two: Unary("NOT", Call("OR", (one, two))), _ASKED, CONDITIONS),
)


@BOTH
@given(tree=_TESTED, record=RECORDS, seed=st.integers(0, 4095), zero=st.booleans())
@settings(max_examples=SOAK or FEW * 5)
def test_formulas(strategy: Strategy, tree: Node, record: Mapping[str, object], seed: int, *, zero: bool) -> None:
    """Random typed formulas of every function that tests use, with errors, nulls and what only the org knows."""
    source = printed(tree)
    found = _rewritten(source, strategy)
    if found is None:
        return
    for value in (False, True):
        if not _proved(parse(source), parse(found), strategy, value=value):
            continue
        for before, now in _pairs(strategy):
            was, new = (
                _outcome(one, record, answers(seed), user, zero=zero if value else False)
                for one, user in ((source, before), (found, now))
            )
            if isinstance(was, Failure) or isinstance(new, Failure):
                continue  # an error is an error for everybody; which comes first is not compared
            assert (was == new) if value else ((was is True) == (new is True)), (source, found, before, was, now, new)


def _outcome(
    source: str, record: Mapping[str, object], org: Mapping[str, object], user: User, *, zero: bool
) -> Outcome:
    own = {"$profile.name": user.profile or None, "$permission.x": "X" in user.permissions}
    return outcome_of(answered(parse(source)), {**record, **org, **own}, setting(zero=zero))


_WORDS = st.sampled_from([OLD, OLD.lower(), "API", "Only", "Sales", "Integrations", "Nobody"])
_CONDITION = st.one_of(
    st.builds(
        lambda operator, word: condition("$Profile.Name", operator, text(word)),
        st.sampled_from(["EqualTo", "NotEqualTo", "EqualTo", "NotEqualTo", "StartsWith", "Contains", "EndsWith"]),
        _WORDS,
    ),
    st.builds(
        lambda field, operator: condition(f"$Record.{field}", operator, text("x")),
        st.sampled_from(["Phone", "Fax"]),
        st.sampled_from(["EqualTo", "NotEqualTo"]),
    ),
    st.builds(lambda field: condition(f"$Record.{field}", "IsNull", truth(value=True)), st.sampled_from(["Phone"])),
)


def _logic(count: int) -> st.SearchStrategy[str]:
    numbers = st.integers(1, count).map(str)
    whole = st.recursive(
        numbers,
        lambda inner: st.one_of(
            st.builds(lambda one: f"NOT {one}", inner),
            st.builds(lambda one, word, two: f"({one} {word} {two})", inner, st.sampled_from(["AND", "OR"]), inner),
        ),
        max_leaves=5,
    )
    every = " AND ".join(str(number) for number in range(1, count + 1))
    return st.sampled_from(["and", "or"]) | whole.map(lambda some: f"{some} OR ({every})")


_FLOWS = st.lists(_CONDITION, min_size=1, max_size=4).flatmap(
    lambda some: _logic(len(some)).map(lambda logic: flow("".join(some), logic))
)
_NAMED = st.sampled_from([OLD, OLD.lower(), "Sales", "API", "Integrations", "Nobody"]).map(lambda word: f"'{word}'")
_COMPARED = st.one_of(
    st.builds("name {} {}".format, st.sampled_from(["==", "!="]), _NAMED),
    st.builds("{} == name".format, _NAMED),
    st.builds(
        "name.{}({})".format,
        st.sampled_from(["equals", "equalsIgnoreCase", "startsWith", "endsWith", "contains"]),
        _NAMED,
    ),
    st.builds("{}.equals(name)".format, _NAMED),
    st.lists(_NAMED, min_size=1, max_size=3).map(lambda some: f"new Set<String>{{ {', '.join(some)} }}.contains(name)"),
    st.sampled_from(["one.Phone == 'x'", "one.Fax != 'x'", "true"]),
)
_TESTS = st.recursive(
    _COMPARED,
    lambda inner: st.one_of(
        st.builds("!({})".format, inner),
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("{} || {} && one.Phone == 'x'".format, inner, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ),
    max_leaves=5,
)
_FIELDS = [{"Phone": phone, "Fax": fax} for phone in ("x", None) for fax in ("x", "y")]


def _same(
    sources: list[str],
    paths: list[str],
    strategy: Strategy,
    run: Callable[[bytes, User, Mapping[str, str | None]], bool],
) -> None:
    """Fix a project of these files, and run each that was edited before and after for everybody."""
    with tempfile.TemporaryDirectory() as folder:
        root = project_in(Path(folder), dict(zip(paths, sources, strict=True)))
        found = fixed(root, wishes=Wishes(strategy=strategy))
        files = after(root, found)
    added = frozenset(one.name for fix in found.fixes for one in fix.added if one.type == "CustomPermission")
    target = "Minimum Access - API Only Integrations"
    moved = User(target, frozenset() if strategy == Strategy.EXTEND else added)
    old = User(OLD, moved.permissions)
    others = [User(name) for name in ("Sales", "API Only 2", "Nobody")]
    others += [] if strategy == Strategy.EXTEND else [User(target)]
    for path, source in zip(paths, sources, strict=True):
        if path not in files:
            continue
        for record in _FIELDS:
            for before, now in ((User(OLD), moved), (User(OLD), old), *((one, one) for one in others)):
                was, new = run(source.encode(), before, record), run(files[path], now, record)
                assert was == new, (source, files[path].decode(), before, now, record)


@BOTH
@given(sources=st.lists(_FLOWS, min_size=BATCH, max_size=BATCH))
@settings(max_examples=max(SOAK // BATCH, 2))
def test_flows(strategy: Strategy, sources: list[str]) -> None:
    """Random conditions and logics; the outcome is taken by the same users with the same records."""
    named = [
        one.replace("<name>Who<", f"<name>Who_{n}<").replace(">Who<", f">Who_{n}<") for n, one in enumerate(sources)
    ]
    _same(named, [f"{MAIN}/flows/Guard_{n}.flow-meta.xml" for n in range(len(sources))], strategy, decides)


@BOTH
@given(tests=st.lists(_TESTS, min_size=BATCH, max_size=BATCH))
@settings(max_examples=max(SOAK // BATCH, 2))
def test_apex(strategy: Strategy, tests: list[str]) -> None:
    """Random conditions; the guarded statement runs for the same users with the same records."""
    sources = [guarded(one).replace("class Guard", f"class Guard{n}") for n, one in enumerate(tests)]
    _same(sources, [f"{MAIN}/classes/Guard{n}.cls" for n in range(len(tests))], strategy, guards)
