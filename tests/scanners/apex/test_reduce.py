"""Reducing a symbolic value for one profile: nothing changes its meaning, whatever the rest of it stands for."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scanners import logic
from scanners.apex.conditions import condition, shown, text
from scanners.apex.deciding import judged, reduce
from scanners.apex.values import Row, Sym, Traced, const, fact, make, one_of, opaque, typed, walk
from scanners.effects import DATA, effect
from scanners.model import Profile, Subject, Switch, Verdict
from scanners.profiles import ProfileBook
from scanners.subjects import Attribute
from scanners.views import View
from scanners.world import World

OLD, NEW = Profile("Acme API", "Acme API"), Profile("Acme Light", "Acme Light")
TEXTS = ("Acme API", "acme api", "Acme Light", "Acme")
MINE = fact(Attribute("name", Subject.RUNNING_USER))
OWNERS = fact(Attribute("name", Subject.OWNER))
RECORD = opaque("record.Name")
FLAGS = (opaque("first"), opaque("second"))
UNKNOWN_ANSWER = opaque("Elsewhere.ask(name)", MINE)


def world(*profiles: Profile) -> World:
    """A world of two profiles, or of those given with their ids."""
    known = profiles or (OLD, NEW)
    return World((), Switch((known[0],), known[1], explicit=True), ProfileBook(known))


def view(profile: Profile) -> View:
    """The running user's view of a profile."""
    return View(world(), profile, Subject.RUNNING_USER, TEXTS)


def value(sym: Sym, name: str, given: dict[Any, Any]) -> Any:  # noqa: C901, PLR0911 - one case an operation
    """What a value is by the rules of Apex, with every unknown given; the slow and plain way."""
    if sym.op == "const":
        return sym.data
    if sym.op == "fact":
        return name if sym.data.subject == Subject.RUNNING_USER else given["owner"]
    if sym.op == "opaque":
        return given[sym.data, name] if (sym.data, name) in given else given[sym.data]
    if sym.op == "open":
        return value(sym.args[0], name, given)
    args = [value(arg, name, given) for arg in sym.args]
    match sym.op:
        case "!":
            return not args[0]
        case "&&":
            return all(args)
        case "||":
            return any(args)
        case "?":
            return args[1] if args[0] else args[2]
        case "any":
            return args[given["turn"] % len(args)]
        case "==" | "!=":
            left, right = (one.lower() if isinstance(one, str) else one for one in args)
            return (left == right) == (sym.op == "==")
        case "when" | ".equals":
            return args[0] == args[1]
        case "set":
            return set(args)
        case ".contains":
            return args[1] in args[0]
        case ".startswith":
            return args[0].startswith(args[1])
        case ".tolowercase":
            return args[0].lower()
    raise AssertionError(sym.op)


def cases(sym: Sym) -> list[dict[Any, Any]]:
    """Every way in which the unknown parts of a value may turn out."""
    parts = list(walk(sym))
    made = {id(part) for part in parts}
    texts = (*TEXTS[:2], "other")
    domains: dict[Any, tuple[Any, ...]] = {"turn": (0, 1) if any(part.op == "any" for part in parts) else (0,)}
    domains["owner"] = texts if id(OWNERS) in made else texts[:1]
    domains["record.Name"] = texts if id(RECORD) in made else texts[:1]
    for flag in FLAGS:
        domains[flag.data] = (False, True) if id(flag) in made else (False,)
    for profile in (OLD, NEW):
        domains[UNKNOWN_ANSWER.data, profile.label] = (False, True) if id(UNKNOWN_ANSWER) in made else (False,)
    return [dict(zip(domains, one, strict=True)) for one in product(*domains.values())]


literals = st.sampled_from(TEXTS).map(const)
names = st.recursive(
    st.one_of(st.just(MINE), literals, st.just(OWNERS), st.just(RECORD)),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(FLAGS), inner, inner).map(lambda args: make("?", args)),
        st.tuples(inner, inner).map(lambda args: one_of([Traced(one) for one in args], "choice").sym),
        inner.map(lambda one: make(".tolowercase", (one,))),
    ),
    max_leaves=3,
)
plain = st.tuples(st.sampled_from(["==", "when", ".equals", ".contains", ".startswith"]), st.just(MINE), literals)
tests = st.one_of(
    plain.map(lambda parts: make(parts[0], parts[1:])),
    st.tuples(st.sampled_from(["==", "!=", "when", ".equals", ".contains", ".startswith"]), names, names).map(
        lambda parts: make(parts[0], parts[1:])
    ),
    st.tuples(st.lists(literals, min_size=1, max_size=3), names).map(
        lambda parts: make(".contains", (make("set", tuple(parts[0]), "string"), parts[1]))
    ),
    st.sampled_from([*FLAGS, UNKNOWN_ANSWER]),
)
conditions = st.recursive(
    tests,
    lambda inner: st.one_of(
        inner.map(lambda one: make("!", (one,))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: make("&&", tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: make("||", tuple(parts))),
        st.tuples(inner, inner, inner).map(lambda parts: make("?", parts)),
    ),
    max_leaves=5,
)


@settings(max_examples=300)
@given(conditions)
def test_reducing_keeps_the_value(sym: Sym) -> None:
    """For either profile, and however the rest turns out, the reduced value is the value."""
    for profile in (OLD, NEW):
        left = reduce(sym, view(profile))
        for case in cases(sym):
            assert value(left, profile.label, case) == value(sym, profile.label, case), (text(sym), text(left))


@settings(max_examples=300)
@given(conditions)
def test_what_is_called_the_same_is_the_same(sym: Sym) -> None:
    """`same` is said only of a condition that comes out alike for both profiles in every case."""
    left = judged(sym, world(), Subject.RUNNING_USER)
    said = effect(OLD.label, left(OLD), left(NEW))
    if said.verdict == Verdict.SAME:
        for case in cases(sym):
            assert value(sym, OLD.label, case) == value(sym, NEW.label, case), (text(sym), case)


@settings(max_examples=300)
@given(conditions)
def test_what_changes_without_fail_is_not_called_the_same_or_open(sym: Sym) -> None:
    """A condition that is always true for one profile and always false for the other changes."""
    old = {value(sym, OLD.label, case) for case in cases(sym)}
    new = {value(sym, NEW.label, case) for case in cases(sym)}
    if len(old) == len(new) == 1 and old != new:
        left = judged(sym, world(), Subject.RUNNING_USER)
        assert effect(OLD.label, left(OLD), left(NEW)).verdict != Verdict.SAME


@settings(max_examples=300)
@given(conditions)
def test_a_decided_condition_is_decided_rightly(sym: Sym) -> None:
    """`always` and `never` hold in every case."""
    for profile in (OLD, NEW):
        left = condition(reduce(sym, view(profile)))
        if isinstance(left, logic.Known):
            assert {value(sym, profile.label, case) for case in cases(sym)} == {left.value}


def test_only_what_hangs_on_the_profile_is_open() -> None:
    """An answer of unknown code is data of the profile; a record's field is not."""
    left = reduce(make("&&", (UNKNOWN_ANSWER, make("==", (MINE, RECORD)))), view(OLD))
    keys = {one.key.startswith(DATA): one.text for one in logic.unknowns(condition(left))}
    assert keys == {True: "Elsewhere.ask(name)", False: "'Acme API' == record.Name"}


def test_another_users_profile_stays_as_it_is() -> None:
    """The owner's profile is not the running user's."""
    sym = make("==", (OWNERS, const("Acme API")))
    assert reduce(sym, view(OLD)) is sym
    assert text(sym) == "the record owner's profile name == 'Acme API'"


def test_a_choice_of_names_becomes_a_choice_of_answers() -> None:
    """What a condition is held against may hang on another one: the comparison moves into the choice."""
    chosen = make("?", (FLAGS[0], MINE, const("Acme")))
    left = condition(reduce(make("==", (chosen, const("Acme API"))), view(OLD)))
    assert shown(left) == "first"


def test_an_id_is_what_it_is_declared_to_be() -> None:
    """As Id both forms match, as String only 18 characters do, undeclared it is open."""
    short, long = "00e30000001FeAQ", "00e30000001FeAQAA0"
    known = world(Profile("Acme API", "Acme API", id=long), NEW)
    mine = Traced(fact(Attribute("id", Subject.RUNNING_USER)))
    answers = {}
    for kind in ("Id", "String", "Object"):
        for literal in (short, long):
            sym = make("==", (typed(mine, kind).sym, const(literal)))
            answers[kind, len(literal)] = shown(
                judged(sym, known, Subject.RUNNING_USER)(known.switch.before[0]).condition
            )
    assert answers == {
        ("Id", 15): "always",
        ("Id", 18): "always",
        ("String", 15): "never",
        ("String", 18): "always",
        ("Object", 15): f"profile id == '{short}'",
        ("Object", 18): "always",
    }


def test_one_id_is_not_that_of_another_profile() -> None:
    """A profile's id held against a record's reads alike for all profiles, and is not alike."""
    ids = make("==", (fact(Attribute("id", Subject.RUNNING_USER)), RECORD))
    left = judged(ids, world(), Subject.RUNNING_USER)
    said = effect(OLD.label, left(OLD), left(NEW))
    assert (said.before, said.after, said.verdict) == ("profile id == record.Name",) * 2 + (Verdict.CHANGES,)


def test_a_large_value_keeps_what_it_is_made_of() -> None:
    """What outgrows its limit is open, not forgotten."""
    sym = make("==", (MINE, const("Acme API")))
    for number in range(300):
        sym = make("?", (opaque(f"flag{number}"), sym, make("==", (MINE, const(str(number))))))
    left = judged(sym, world(), Subject.RUNNING_USER)
    assert effect(OLD.label, left(OLD), left(NEW)).verdict == Verdict.DEPENDS


def test_shown_reads_as_apex() -> None:
    """Conditions are printed with the operators of Apex, in parentheses where they mix."""
    first, second = (logic.unknown(name) for name in ("a()", "b == 'x'"))
    assert shown(logic.all_of([first, logic.negated(second)])) == "a() && b != 'x'"
    assert shown(logic.any_of([logic.all_of([first, second]), logic.negated(first)])) == "(a() && b == 'x') || !a()"
    assert (shown(logic.TRUE), shown(logic.FALSE)) == ("always", "never")


def test_every_operation_has_words() -> None:
    """No value is printed as the name of its operation."""
    row = Sym("row", data=Row("account"))
    parts = [
        MINE,
        row,
        Sym("label", data="X"),
        Sym("permission", data="Skip"),
        Sym("setting-field", data=("S__c", "F__c")),
    ]
    whole = make("map", (make("+", (const("a"), RECORD)), make("||", (*parts[:2], make("!", (parts[3],))))))
    said = text(make(".get", (whole, make("?", (FLAGS[0], parts[2], parts[4])))))
    assert not [sym.op for sym in walk(whole) if sym.op in ("setting-field", "permission") and sym.op in said]
    assert said == (
        "{'a' + record.Name, profile name || a queried row || !FeatureManagement.checkPermission('Skip')}"
        ".get(first ? Label.X : S__c.getInstance().F__c)"
    )
