"""What the switch does to queries, settings and values in Apex: which rows are found, what is written or handed on.

A query for a profile by name finds the same profile whoever runs it, so the switch of a user leaves it alone; only
where two profiles may share the name does the org decide. A query for users finds the moved user or no longer finds
it. A record or a setting's row found by the user's own profile is another one, or none, afterwards: the rows decide.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from scanners import logic
from scanners.apex import soql
from scanners.apex import tree as t
from scanners.apex.conditions import condition, queries, text
from scanners.apex.deciding import literals, reduce
from scanners.apex.identity import opened
from scanners.apex.values import Row, Sym, core, make, walk
from scanners.effects import Remainder, concerned, effect
from scanners.kinds.apex.effects import strongest, subjects_of, told_apart
from scanners.kinds.apex.outcomes import Outcome, said
from scanners.model import Effect, Subject, Verdict
from scanners.profiles import is_id, key
from scanners.views import View, setting_query, soql_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scanners.apex.frames import Sink
    from scanners.model import Location, Profile
    from scanners.world import World

_FOUND = Outcome("finds the user", "does not find the user")
_NO_USERS = frozenset({"permissionset", "profile"})
"""What belongs to a profile, not to its users: the switch of a user leaves these rows alone."""
_COLUMNS = 12
"""Records of custom metadata that are named as the places where a key is looked for."""
_AT_RUN = "the text that the query has when it runs"


def of_profile_query(world: World, names: tuple[str, ...]) -> tuple[Effect, ...]:
    """A profile looked up by name: the same one whoever asks, unless two may share the name."""
    shared = [name for name in names if len({one.full_name for one in world.book if key(one.label) == key(name)}) > 1]
    found = "finds " + (" and ".join(f'"{name}"' for name in names) or "the same rows")
    query = " OR ".join(f"Name = {soql_text(name)}" for name in shared)
    verdict = Verdict.DEPENDS if shared else Verdict.SAME
    why = f"SELECT Id, Name, UserLicense.Name FROM Profile WHERE {query}" if shared else ""
    return tuple(Effect(one.label, verdict, found, found, why) for one in concerned(world.switch, names, world.book))


def of_user_query(sink: Sink, world: World, subject: Subject, names: tuple[str, ...]) -> tuple[Effect, ...]:
    """Users, or records of users, found by profile: whether the moved user is among them.

    Of a query on users itself that is certain; of one on records it depends on whose records there are.
    """
    if sink.name.lower() in _NO_USERS:
        return of_profile_query(world, names)
    profiles = concerned(world.switch, names, world.book)
    if sink.value.op != "asked" or len(sink.value.args) < 2:
        return tuple(Effect(one.label, Verdict.DEPENDS, decided_by=_AT_RUN) for one in profiles)
    whose = Subject.RUNNING_USER if sink.name.lower() == "user" else subject
    every = []
    for value in told_apart(sink):
        left = _finds(value, sink, world, subject)
        after = left(world.switch.after)
        every.append(tuple(effect(one.label, left(one), after, subject=whose) for one in profiles))
    return strongest(every)


def _finds(value: Sym, sink: Sink, world: World, subject: Subject) -> Callable[[Profile], Remainder]:
    where = value.args[1]
    texts = literals([where])
    limit = sink.detail.limit if isinstance(sink.detail, t.Query) else None
    outcome = _FOUND if sink.name.lower() == "user" else Outcome("finds the records", "does not find the records")

    def of(profile: Profile) -> Remainder:
        found = soql.meets(where, View(world, profile, subject, texts))
        if limit is not None:
            words = f"it is among the first {limit}"
            first = opened(Sym("opaque", data=words), soql.REST, "the order in which the query gives its rows")
            found = make("&&", (found, first))
        left = Remainder(condition(found), "", queries(found))
        return Remainder(left.condition, said(left, outcome), left.queries)

    return of


def of_record(sink: Sink, world: World, subject: Subject, names: Iterable[str]) -> tuple[Effect, ...]:
    """Records found by the user's profile: those of the repo (custom metadata) or of the data given decide."""
    every = []
    for value in told_apart(sink):
        after = _key_of(value, world, world.switch.after, subject)
        effects = []
        for one in concerned(world.switch, names, world.book):
            before = _key_of(value, world, one, subject)
            was, will = (f"{sink.name} = {shown}" for shown, _ in (before, after))
            word, why = (Verdict.SAME, "") if before == after else _by_rows(sink, world, before[1], after[1])
            if word == Verdict.CHANGES and subject != Subject.RUNNING_USER:
                word, why = Verdict.DEPENDS, "whether it is the user of the switch"
            effects.append(Effect(one.label, word, was, will, why))
        every.append(tuple(effects))
    return strongest(every)


def columns_read(sink: Sink, world: World) -> tuple[Location, ...]:
    """The columns of custom metadata of the repo among which a query looks for the user's profile."""
    name = sink.detail.object if isinstance(sink.detail, t.Query) else ""
    if sink.kind != "query-key" or not name.lower().endswith("__mdt"):
        return ()
    return tuple(link for _, link in world.columns(name, "*", sink.name)[:_COLUMNS])


def _by_rows(sink: Sink, world: World, before: str | None, after: str | None) -> tuple[Verdict, str]:
    """Whether other records are found, and otherwise the query that tells."""
    name = sink.detail.object if isinstance(sink.detail, t.Query) else ""
    held = _column(world, name, sink.name)
    if held is None or before is None or after is None:
        return Verdict.DEPENDS, _rows_query(name, sink.name, (before, after))
    was, will = ([n for n, one in enumerate(held) if _is(one, wanted)] for wanted in (before, after))
    return (Verdict.SAME if was == will else Verdict.CHANGES), ""


def _key_of(value: Sym, world: World, profile: Profile, subject: Subject) -> tuple[str, str | None]:
    """What a query's key is for the users of a profile: as shown, and as it stands in a record where that is known."""
    left = reduce(value, View(world, profile, subject, literals([value])))
    if left.known:
        return text(left), None if left.data is None else str(left.data)
    if core(left).op == "profile":
        own = profile.id or world.book.named(profile.label).id
        return f"id of {profile.label}", own or None
    if any(one.op == "profile" for one in walk(left)):
        return f"{text(left)} of {profile.label}", None
    return text(left), None


def _column(world: World, name: str, field: str) -> list[str] | None:
    """What the records of an object hold in a field; None where neither the repo nor the data given tells."""
    if name.lower().endswith("__mdt"):
        return [text for text, _ in world.columns(name, "*", field)] or None
    if world.data.holds(name):
        return [str(row.get(field.lower()) or "") for row in world.data.of(name)]
    return None


def _is(held: str, wanted: str) -> bool:
    if is_id(held) and is_id(wanted):
        return held[:15] == wanted[:15]
    return key(held) == key(wanted)


def _rows_query(name: str, field: str, keys: tuple[str | None, ...]) -> str:
    known = [soql_text(one) for one in keys if one]
    where = f" WHERE {field} IN ({', '.join(known)})" if len(known) == len(keys) else ""
    return f"SELECT Id, {field} FROM {name or '(object)'}{where}"


def of_setting(sink: Sink, world: World, subject: Subject, names: Iterable[str]) -> tuple[Effect, ...]:
    """A custom setting read by profile id: the profile's row, and with `getInstance` the org's default under it."""
    after = _row_of(sink, world, world.switch.after, subject)
    return tuple(
        effect(one.label, _row_of(sink, world, one, subject), after, subject=subject)
        for one in concerned(world.switch, names, world.book)
    )


def _row_of(sink: Sink, world: World, profile: Profile, subject: Subject) -> Remainder:
    row = View(world, profile, subject).row(sink.name, merged=sink.detail == "getinstance")
    if row is None:
        words = f"row of {profile.label}"
        return Remainder(logic.unknown(words), words, (setting_query(sink.name),), value=words)
    fields = [f"{name} = {text(Sym('const', data=value))}" for name, value in sorted(row.items())]
    words = ", ".join(fields) or "no row"
    return Remainder(logic.unknown(words), words, value=words)


def of_value(sink: Sink, world: World, subject: Subject, names: Iterable[str], reader: str) -> tuple[Effect, ...]:
    """A profile written to a record, which then holds another text; or handed on, where the reader decides."""
    every = []
    for value in told_apart(sink):
        after = _written(value, world, world.switch.after, subject)
        effects = []
        for one in concerned(world.switch, names, world.book):
            said_of = effect(one.label, _written(value, world, one, subject), after, subject=subject)
            if reader and said_of.verdict == Verdict.CHANGES:
                said_of = Effect(one.label, Verdict.DEPENDS, said_of.before, said_of.after, reader)
            effects.append(said_of)
        every.append(tuple(effects))
    return strongest(every)


def _written(value: Sym, world: World, profile: Profile, subject: Subject) -> Remainder:
    left = reduce(value, View(world, profile, subject, literals([value])))
    words = f"id of {profile.label}" if core(left).op == "profile" else text(left)
    if core(left).op == ".get" and any(one.op == "profile" for one in walk(left)):
        words = f"{words} of {profile.label}"
    return Remainder(logic.unknown(words), words, queries(left), value=words)


def of_assignment(sink: Sink, world: World, names: Iterable[str]) -> tuple[Effect, ...]:
    """The profile that code gives to a user: to a new one the same as before, to one that exists perhaps the old one.

    Code that sets it on existing users may undo the switch, unless it sets the new profile.
    """
    fresh = isinstance(sink.detail, Row) and sink.detail.fresh
    harmless = fresh or _is_new(sink.value, world)
    every = []
    for subject in subjects_of(sink.value):
        after = _written(sink.value, world, world.switch.after, subject)
        given = [
            effect(one.label, _written(sink.value, world, one, subject), after, subject=Subject.NEW_USER)
            for one in concerned(world.switch, names, world.book)
        ]
        every.append(tuple(_assigned(one, harmless=harmless) for one in given))
    return strongest(every)


def _assigned(given: Effect, *, harmless: bool) -> Effect:
    """The same profile before and after is no matter for new users, and may be one for those who exist."""
    was, will = f"sets {given.before}", f"sets {given.after}"
    if given.verdict == Verdict.SAME and not harmless:
        return Effect(given.profile, Verdict.DEPENDS, was, will, "whether it runs on the user of the switch")
    return replace(given, before=was, after=will)


def _is_new(value: Sym, world: World) -> bool:
    """Whether the profile that is set is the new one, looked up by name."""
    target = core(value)
    if target.op != "ids" or target.data.where is None:
        return False
    found = soql.meets(target.data.where, View(world, world.switch.after, Subject.LOOKED_UP_USER))
    return found.known and found.data is True
