"""Runs Apex members symbolically and notes where a profile decides something. Statements and calls between members."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from scanners.apex import expressions
from scanners.apex import tree as t
from scanners.apex.acts import Guard
from scanners.apex.frames import ALWAYS, GROWING, JUMPS, MAYBE, NEVER, Frame, Outcome, Sink, choose, merge, text_of
from scanners.apex.narrowing import narrow
from scanners.apex.values import (
    NEXT,
    NULL,
    Sym,
    Traced,
    alike,
    const,
    core,
    either,
    fact,
    has_parameter,
    links_of,
    make,
    one_of,
    opaque,
    then,
    typed,
)
from scanners.facts import ApexFile
from scanners.model import Location
from scanners.xml import Lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scanners.apex.acts import Case
    from scanners.apex.program import Program
    from scanners.apex.syntax import Unit
    from scanners.world import World

_DEPTH = 8
"""Calls followed into each other."""
_STEPS = 60_000
"""Expressions evaluated for one root; what is left then counts as unknown."""
_UNROLLED = 40
MOST_CALLS = 40
"""Calls whose conditions are kept apart at one place."""
_RECORDS = 20
"""Custom metadata records whose texts are kept apart when nobody knows which is meant."""
_SMALL = 600
"""Bytes; a method this short is worth a look even if nothing in it speaks of a profile: it may give a constant."""
_CONSTANT = 2000
"""Bytes; without parameters it always gives the same, such as a profile's name by language."""

_LINKS = 24
"""Places through which one sink is known."""

_COLLECTIONS = frozenset({"list", "set", "map"})
_HOLDS_MANY = re.compile(r"(?:list|set|map)\s*<|\w+\s*\[\s*\]")
_WRITES = rb"\b%b\s*(?:=[^=]|\.\s*(?:add|addall|put|putall)\s*\()"
"""How code fills a field, in lower case."""


class Machine:
    """The evaluation of a whole program. `sinks` fill as members run."""

    def __init__(self, program: Program, world: World, relevant: Callable[[bytes], bool]) -> None:
        self.program = program
        self.world = world
        self._relevant = relevant
        self.sinks: dict[tuple[str, int, int, str], Sink] = {}
        self.fields: defaultdict[tuple[str, str], list[Traced]] = defaultdict(list)
        self.carriers: set[tuple[str, str]] = set()
        """(class, member) in lower case whose value depends on a profile."""
        self.tests: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
        self._answers: dict[tuple[object, ...], Traced] = {}
        self._noted: list[tuple[str, int, int, str]] = []
        """The sinks met so far, in order; `_inside` tells which of them a call led to."""
        self._inside: dict[tuple[object, ...], tuple[tuple[str, int, int, str], ...]] = {}
        self._filling: dict[tuple[object, ...], tuple[Traced | None, ...]] = {}
        """What a call left in the collections that it was given."""
        self._running: list[t.Member] = []
        self._initial: dict[int, Traced] = {}
        self._bodies: dict[int, t.Block | None] = {}
        self._lines: dict[str, Lines] = {}
        self._initialized: set[t.Class] = set()
        self._constructed: set[t.Class] = set()
        self._handed: set[tuple[str, str]] = set()
        """(class, field) in lower case whose profile a constructor was given."""
        self.made: defaultdict[t.Class, set[tuple[str, int]]] = defaultdict(set)
        """Where instances of a class are made with a profile."""
        self._sites: dict[t.Class, int] = {}
        self._tests = frozenset(file.path for file in world.of(ApexFile) if file.test)
        self._filled: set[t.Member] = set()
        self.steps = 0
        self.watched: dict[tuple[str, int, int], list[Sym]] | None = None
        """What each expression that asks about a profile amounts to, by file and bytes; kept where it is wanted."""
        self.silent: set[tuple[str, int, int]] = set()
        """Expressions that some call gives a value that hangs on no profile; kept beside `watched`."""
        self.alone: set[tuple[str, int, int]] = set()
        """Expressions that ask about a profile whatever a caller gives; kept beside `watched`."""
        self.calls: defaultdict[tuple[str, int], set[tuple[str, int]]] = defaultdict(set)
        """Member → the members whose calls of it were followed, each by its file and first byte."""

    def again(self) -> None:
        """Begin another round: what fields hold may have changed, so calls are answered anew."""
        self._answers.clear()
        self._inside.clear()
        self._noted.clear()

    # ---- running members

    def run(self, owner: t.Class, member: t.Member) -> None:
        """Run a member on its own, its parameters unknown."""
        unit = self.program.unit(owner.path)
        if unit is None:
            return
        self.steps = 0
        if member.kind == "field":
            self.initial(owner, member)
            return
        frame = Frame(owner, member, unit)
        for kind, name in member.parameters:
            frame.scope[name] = Traced(Sym("param", data=name))
            frame.types[name] = kind
        value = self._run_body(frame)
        if value and value.sym.facts and member.type.lower() != "void":
            self.carriers.add((owner.full_name.lower(), member.name.lower()))
            if member.kind == "property" or member.name:
                self.note(frame, "answer", value, member.start, member.end)

    def invoke(self, frame: Frame, target: tuple[t.Class, t.Member], args: Sequence[Traced]) -> Traced:
        """The value of a call to a known member."""
        owner, member = target
        unit = self.program.unit(owner.path)
        text = unit.lower[member.start : member.end] if unit else b""
        small = _SMALL if member.parameters else _CONSTANT
        worth = any(expressions.worth(arg.sym) for arg in args) or len(text) < small or self._relevant(text)
        busy = member in self._running or frame.depth >= _DEPTH or self.steps > _STEPS
        if unit is None or not worth or busy:
            return Traced(opaque(member.name, *(arg.sym for arg in args)), links_of(args))
        self.calls[owner.path, member.start].add((frame.unit.path, frame.member.start))
        key = (id(member), *(_key(arg.sym) for arg in args))
        if key in self._answers:
            self._called_again(self._inside[key], args)
            _grown(frame, args, self._filling.get(key, ()))
            return self._answers[key]
        before = len(self._noted)
        inner = Frame(owner, member, unit, depth=frame.depth + 1)
        for (kind, name), arg in zip(member.parameters, args, strict=False):
            inner.scope[name] = typed(arg, kind)
            inner.types[name] = kind
        value = self._run_body(inner) or Traced(opaque(member.name))
        if expressions.worth(value.sym):
            link = self.location(unit, member.start, member.end, f"{owner.full_name}.{member.name}", first_line=True)
            value = value.via(link)
        self._answers[key] = value
        self._inside[key] = tuple(dict.fromkeys(self._noted[before:]))
        self._filling[key] = tuple(inner.scope.get(name) for _, name in member.parameters)
        _grown(frame, args, self._filling[key])
        return value

    def _called_again(self, inside: Sequence[tuple[str, int, int, str]], args: Sequence[Traced]) -> None:
        """The same arguments from another place: what was noted in the member is known through that place too."""
        self._noted.extend(inside)
        for arg in args if inside else ():
            for key in inside if arg.sym.facts and arg.links else ():
                if self.sinks[key].value.facts & arg.sym.facts:
                    self._linked(self.sinks[key], arg.links)

    @staticmethod
    def _linked(sink: Sink, links: Sequence[Location]) -> None:
        sink.links = tuple(dict.fromkeys((*sink.links, *links)))[:_LINKS]

    def _run_body(self, frame: Frame) -> Traced | None:
        body = self.body(frame.unit, frame.member)
        if body is None:
            return None
        if frame.member.kind == "property":
            # Inside its getter the property's own name is the value kept so far, at first null.
            frame.scope.setdefault(frame.member.name.lower(), Traced(NULL))
        self._running.append(frame.member)
        try:
            return then(self.block(frame, body.body).value, Traced(NULL))
        finally:
            self._running.pop()

    def body(self, unit: Unit, member: t.Member) -> t.Block | None:
        """The statements of a member, lowered once."""
        if id(member) not in self._bodies:
            self._bodies[id(member)] = unit.body(member)
        return self._bodies[id(member)]

    # ---- fields

    def field(self, frame: Frame, owner: t.Class, member: t.Member) -> Traced:
        """The value of a field or property: its initial value, or what members assign to it."""
        key = (owner.full_name.lower(), member.name.lower())
        if member.kind == "property":
            return self.invoke(frame, (owner, member), ())
        if member.static:
            self._initialize(owner)
        if _HOLDS_MANY.match(member.type.lower()):
            self._fill(frame, owner, member)
        initial = self.initial(owner, member)
        if not member.static and initial.sym is NULL and not self.fields[key]:
            self._construct(frame, owner)
        assigned = [value for value in self.fields[key] if not (value.sym.known and value.sym.data is None)]
        if self.holds_anything(owner, key[1]):
            assigned = [value for value in assigned if not value.sym.facts]
        if not assigned:
            return Traced(Sym("given", data=member.name)) if initial.sym is NULL else initial
        known = [] if initial.sym is NULL else [initial]
        filled = [value for value in (*known, *assigned) if value.sym.op in _COLLECTIONS]
        if any(value.sym.op in ("rows", "config-rows") for value in assigned):
            filled, known = [one for one in filled if one.sym.args], [one for one in known if one.sym.args]
        return one_of(_fullest(filled) if filled else [*known, *assigned], ".".join(key))

    def _fill(self, frame: Frame, owner: t.Class, member: t.Member) -> None:
        """Run the methods of the class that fill a collection of its own, once: nothing else in them may matter."""
        unit = self.program.unit(owner.path)
        if member in self._filled or unit is None or self.steps > _STEPS:
            return
        self._filled.add(member)
        writes = re.compile(_WRITES % re.escape(member.name.lower().encode()))
        for one in (one for some in owner.members.values() for one in some):
            text = unit.lower[one.start : one.end] if one.kind in ("method", "constructor", "initializer") else b""
            if one not in self._running and writes.search(text):
                inner = Frame(owner, one, unit, depth=frame.depth + 1)
                for kind, name in one.parameters:
                    inner.scope[name], inner.types[name] = Traced(Sym("param", data=name)), kind
                self._run_body(inner)

    def _initialize(self, owner: t.Class) -> None:
        """Run a class's static initializers once: they fill what its static fields hold."""
        unit = self.program.unit(owner.path)
        if owner in self._initialized or unit is None:
            return
        self._initialized.add(owner)
        for member in owner.members.get("", []):
            if member.kind == "initializer" and member.static and not owner.trigger_object:
                self._run_body(Frame(owner, member, unit))

    def _construct(self, frame: Frame, owner: t.Class) -> None:
        """Run a class's constructors once, their parameters unknown: they fill what its fields hold."""
        unit = self.program.unit(owner.path)
        if owner in self._constructed or unit is None or frame.depth >= _DEPTH or self.steps > _STEPS:
            return
        self._constructed.add(owner)
        for member in owner.members.get("", []):
            if member.kind == "constructor" and member not in self._running:
                inner = Frame(owner, member, unit, depth=frame.depth + 1)
                for kind, name in member.parameters:
                    inner.scope[name] = Traced(Sym("param", data=name))
                    inner.types[name] = kind
                self._run_body(inner)

    def member_value(self, owner: t.Class, member: t.Member) -> Traced | None:
        """The value of a field or property seen from outside; None when its file cannot be read."""
        unit = self.program.unit(owner.path)
        return self.field(Frame(owner, member, unit), owner, member) if unit else None

    def initial(self, owner: t.Class, member: t.Member) -> Traced:
        """What a field's declaration gives it; the declaration is the first link."""
        if id(member) not in self._initial:
            self._initial[id(member)] = Traced(opaque(member.name))  # a field that needs itself
            unit = self.program.unit(owner.path)
            value = unit.value(member) if unit else None
            if unit is None or value is None:
                self._initial[id(member)] = Traced(NULL)
            else:
                frame = Frame(owner, member, unit)
                made = typed(expressions.evaluate(self, frame, value), member.type)
                note = unit.text(member.start, member.end)
                if expressions.worth(made.sym) or made.sym.known or made.sym.op in ("list", "set", "map"):
                    made = made.via(self.location(unit, member.start, member.end, note))
                if made.sym.facts:
                    self.carriers.add((owner.full_name.lower(), member.name.lower()))
                    self.note(frame, "answer", made, member.start, member.end)
                self._initial[id(member)] = made
        return self._initial[id(member)]

    def holds_anything(self, owner: t.Class, field: str) -> bool:
        """Whether a field (lower case) keeps what constructors are given, and some are given no profile."""
        if (owner.full_name.lower(), field) not in self._handed:
            return False
        if owner not in self._sites:
            self._sites[owner] = self.program.sites(owner, self._tests)
        return self._sites[owner] > sum(path not in self._tests for path, _ in self.made[owner])

    def store(self, owner: t.Class, member: t.Member, value: Traced, *, handed: bool = False) -> None:
        """Remember an assignment to a field; only the first few different ones are kept.

        `handed`: whether it is what the constructor was given.
        """
        if value.sym.facts and not member.static and member.type.lower() == "object":
            return  # a field that holds anything holds it in other instances than the one that is read
        value = typed(value, member.type)
        key = (owner.full_name.lower(), member.name.lower())
        known = self.fields[key]
        if value.sym.op in _COLLECTIONS:
            known[:] = [
                one for one in known if one.sym.op not in _COLLECTIONS or one.sym.args[:1] != value.sym.args[:1]
            ]
        if len(known) < 6 and not any(one.links == value.links and one.sym.op == value.sym.op for one in known):
            known.append(value)
        if value.sym.facts:
            self.carriers.add(key)
            if handed and not member.static:
                self._handed.add(key)

    # ---- statements

    def block(self, frame: Frame, statements: Sequence[t.Stmt]) -> Outcome:
        """Run statements in order; a branch that returns leaves the rest to the other branch."""
        open_value: Traced | None = None
        outer = frame.following
        for at, statement in enumerate(statements):
            rest = statements[at + 1 :]
            frame.following = (rest, outer)
            outcome = self._statement(frame, statement, rest)
            open_value = then(open_value, outcome.value) if outcome.value else open_value
            if outcome.status >= JUMPS or outcome.done:
                if outcome.settled:
                    # A constant ends the member here, until somebody changes it: what follows is still looked at.
                    self.block(frame.branch(), rest)
                frame.following = outer
                status = MAYBE if outcome.status == NEVER and open_value else outcome.status
                return Outcome(status, open_value)
        frame.following = outer
        return Outcome(MAYBE if open_value else NEVER, open_value)

    def _statement(self, frame: Frame, statement: t.Stmt, rest: Sequence[t.Stmt]) -> Outcome:
        match statement:
            case t.Local():
                self._local(frame, statement)
            case t.Do():
                expressions.evaluate(self, frame, statement.value)
            case t.If():
                return self._if(frame, statement, rest)
            case t.Each():
                return self._each(frame, statement)
            case t.While():
                return self._while(frame, statement)
            case t.Return():
                value = expressions.evaluate(self, frame, statement.value) if statement.value else Traced(NULL)
                return Outcome(ALWAYS, value)
            case t.Throw():
                if statement.value:
                    expressions.evaluate(self, frame, statement.value)
                return Outcome(ALWAYS)
            case t.Dml():
                expressions.evaluate(self, frame, statement.target)
            case t.Switch():
                return self._switch(frame, statement)
            case t.Try():
                return self._try(frame, statement)
            case t.Block():
                return self.block(frame, statement.body)
            case t.Jump():
                return Outcome(JUMPS)
        return Outcome(NEVER)

    def _local(self, frame: Frame, statement: t.Local) -> None:
        name = statement.name.lower()
        frame.types[name] = statement.type
        value = expressions.evaluate(self, frame, statement.value) if statement.value else Traced(NULL)
        value = typed(value, statement.type)
        frame.scope[name] = self.named(frame, value, statement.start, statement.end)

    def _if(self, frame: Frame, statement: t.If, rest: Sequence[t.Stmt]) -> Outcome:
        condition = expressions.evaluate(self, frame, statement.condition)
        left, right = frame.branch(), frame.branch()
        narrow(self, left, statement.condition)
        yes, no = self._branch(left, statement.yes), self._branch(right, statement.no)
        if condition.sym.known and isinstance(condition.sym.data, bool):
            # Both sides have been looked at for sinks; what holds afterwards is what really runs.
            frame.scope.update((left if condition.sym.data else right).scope)
            taken = yes if condition.sym.data else no
            return replace(taken, settled=taken.status >= JUMPS)
        if condition.sym.asks:
            leaves = yes.status >= JUMPS and statement.no is None
            guard = Guard(frame.owner, frame.types, statement.yes, statement.no, frame.following)
            self.condition(frame, statement.condition, condition, inverted=leaves, guard=guard)
        if yes.status >= JUMPS and no.status >= JUMPS:
            merge(frame, condition, left, right)
            return Outcome(min(yes.status, no.status), choose(condition, yes, no))
        if yes.status >= JUMPS and no.status == NEVER:
            return self._rest(frame, rest, condition, (right, left), (yes, no))
        if no.status >= JUMPS and yes.status == NEVER:
            return self._rest(frame, rest, condition, (left, right), (yes, no))
        merge(frame, condition, left, right)
        value = choose(condition, yes, no) if yes.value or no.value else None
        return Outcome(MAYBE if value else NEVER, value)

    def _rest(
        self,
        frame: Frame,
        rest: Sequence[t.Stmt],
        condition: Traced,
        frames: tuple[Frame, Frame],
        outcomes: tuple[Outcome, Outcome],
    ) -> Outcome:
        """One branch has left; the other goes on with what follows. `frames` are (the one that stays, the one left)."""
        stays, gone = frames
        frame.scope.update(stays.scope)
        frame.following = frame.following[1] if frame.following else None
        after = self.block(frame, rest)
        yes, no = outcomes
        left_by = yes if yes.status >= JUMPS else no
        value = choose(condition, yes, after) if left_by is yes else choose(condition, after, no)
        if left_by.status == JUMPS:
            now = frame.branch()
            merge(frame, condition, *((gone, now) if left_by is yes else (now, gone)))
            return Outcome(after.status, value, done=True)
        return Outcome(ALWAYS if after.status == ALWAYS else MAYBE, value, done=True)

    def _branch(self, frame: Frame, statement: t.Stmt | None) -> Outcome:
        return self._statement(frame, statement, ()) if statement else Outcome(NEVER)

    def _each(self, frame: Frame, statement: t.Each) -> Outcome:
        of = expressions.evaluate(self, frame, statement.of)
        name = statement.name.lower()
        frame.types[name] = statement.type
        items = of.sym.args if of.sym.op in ("list", "set") and len(of.sym.args) <= _UNROLLED else ()
        if items:
            value: Traced | None = None
            for item in items:
                frame.scope[name] = Traced(item, of.links)
                outcome = self._round(frame, statement.body)
                value = then(value, outcome.value) if outcome.value else value
                if outcome.status == ALWAYS:
                    return Outcome(ALWAYS, value)
            return Outcome(MAYBE if value else NEVER, value)
        frame.scope[name] = expressions.element(of)
        return self._loop(frame, statement.body)

    def _while(self, frame: Frame, statement: t.While) -> Outcome:
        for first in statement.first:
            self._statement(frame, first, ())
        # The counter's start is not its value in later rounds.
        for first in statement.first:
            if isinstance(first, t.Local):
                frame.scope[first.name.lower()] = Traced(opaque(first.name))
        if statement.condition:
            condition = expressions.evaluate(self, frame, statement.condition)
            if condition.sym.asks:
                guard = Guard(frame.owner, frame.types, statement.body, None, None)
                self.condition(frame, statement.condition, condition, guard=guard)
        return self._loop(frame, statement.body)

    def _loop(self, frame: Frame, body: t.Stmt) -> Outcome:
        """A loop body runs twice: what the first round leaves in a variable may meet the second."""
        values = []
        for _ in range(2):
            inner = frame.branch()
            outcome = self._round(inner, body)
            values += [outcome.value] if outcome.value else []
            matters = False
            for name, before in list(frame.scope.items()):
                after = inner.scope.get(name)
                if after is not None and after.sym is not before.sym:
                    grown = after.sym.op in GROWING
                    frame.scope[name] = after if grown or before.sym is NULL else one_of([before, after])
                    matters = matters or bool(after.sym.facts)
            if not matters:
                break
        return Outcome(MAYBE, one_of([*values, Traced(NEXT)])) if values else Outcome(NEVER)

    def _round(self, frame: Frame, body: t.Stmt) -> Outcome:
        """One round of a loop: what follows in it is left by `continue`, what follows the loop only by `return`."""
        outer = frame.following
        frame.following = (None, outer)
        outcome = self._branch(frame, body)
        frame.following = outer
        return outcome

    def _switch(self, frame: Frame, statement: t.Switch) -> Outcome:
        value = expressions.evaluate(self, frame, statement.value)
        labels = [label for case, _ in statement.cases for label in case]
        tests = [expressions.evaluate(self, frame, label) for label in labels]
        if value.sym.facts and labels:
            test = make("||", tuple(make("when", (value.sym, one.sym)) for one in tests))
            self.tested(frame, statement.value.start, labels[-1].end)
            cases = tuple(self._case(frame, value, case, body) for case, body in statement.cases)
            guard = Guard(frame.owner, frame.types, None, None, frame.following, cases=cases)
            self.condition(frame, statement.value, Traced(test, value.links), guard=guard)
        before = frame.branch()
        result: Traced | None = None if _has_else(statement) else Traced(NEXT)
        outcomes = []
        # From the last case to the first, so that each choice holds the later ones.
        for case, body in reversed(statement.cases):
            inner = before.branch()
            outcome = self._branch(inner, body)
            outcomes.append(outcome)
            given = outcome.value or (None if outcome.status == ALWAYS else Traced(NEXT))
            if not case:
                frame.scope.update(inner.scope)
                result = given
                continue
            chosen = (make("when", (value.sym, expressions.evaluate(self, frame, label).sym)) for label in case)
            test = make("||", tuple(chosen))
            merge(frame, Traced(test, value.links), inner, frame.branch())
            result = given if result is None else result if given is None else either(test, given, result)
        if outcomes and all(one.status == ALWAYS for one in outcomes) and _has_else(statement):
            return Outcome(ALWAYS, result)
        return Outcome(MAYBE, result) if any(one.value for one in outcomes) else Outcome(NEVER)

    def _case(self, frame: Frame, value: Traced, labels: Sequence[t.Expr], body: t.Stmt) -> Case:
        """One case of a switch: its words, when it is taken (None for `when else`), and what it does."""
        if not labels:
            return "when else", None, body
        tests = (make("when", (value.sym, expressions.evaluate(self, frame, label).sym)) for label in labels)
        words = ", ".join(text_of(frame, label) for label in labels)
        return f"when {words}", make("||", tuple(tests)), body

    def _try(self, frame: Frame, statement: t.Try) -> Outcome:
        outcome = self._branch(frame, statement.body)
        for handler in statement.handlers:
            self._branch(frame.branch(), handler)
        if statement.last:
            self._branch(frame, statement.last)
        # What a handler returns is the failure's answer, not the profile's.
        return Outcome(outcome.status, outcome.value)

    def label(self, name: str) -> Traced:
        """A custom label: its text if the repo holds it."""
        found = self.world.constant(f"$Label.{name}")
        if found:
            return Traced(Sym("label", (Sym("const", data=found[0]),), name), (found[1],))
        return Traced(Sym("label", (), name))

    def column(self, type_name: str, record: str, field: str) -> Traced | None:
        """A field of a custom metadata record, or of whichever record; None when the repo holds no text for it."""
        whole = self.world.columns(type_name, record, field)
        values = [Traced(const(text.strip()), (link,)) for text, link in whole[:_RECORDS]]
        if len(whole) > _RECORDS:
            values.append(Traced(opaque(f"{type_name}.{field}")))
        return one_of(values, f"{type_name}.{field}".lower()) if values else None

    def given(self, frame: Frame, name: str) -> Traced | None:
        """What a flow or page hands to a parameter of the class the frame runs in."""
        outermost = frame.owner
        while outermost.outer:
            outermost = outermost.outer
        meaning = self.world.inputs.get(("apex", outermost.name.lower(), name))
        return Traced(fact(meaning.attribute), meaning.links) if meaning else None

    # ---- notes

    def watch(self, frame: Frame, expr: t.Expr, value: Traced) -> None:
        """Keep what an expression amounts to in this call."""
        if self.watched is None or isinstance(expr, t.Set):
            return
        span = frame.unit.path, expr.start, expr.end
        if not value.sym.asks:
            if frame.depth:
                self.silent.add(span)
        else:
            if not frame.depth and not has_parameter(value.sym):
                self.alone.add(span)
            known = self.watched.setdefault(span, [])
            if len(known) < MOST_CALLS and not any(alike(value.sym, one) for one in known):
                known.append(value.sym)

    def tested(self, frame: Frame, start: int, end: int) -> None:
        """Remember that the expression between these offsets compares a profile."""
        self.tests[frame.unit.path].add((start, end))

    def condition(
        self, frame: Frame, expr: t.Expr, value: Traced, *, inverted: bool = False, guard: Guard | None = None
    ) -> None:
        """Note a condition; its place is the part of it that tests a profile.

        One on permissions and settings alone is noted for whoever judges these.
        """
        kind = "condition" if value.sym.facts else "settled-elsewhere"
        spans = self.tests[frame.unit.path]
        inside = [span for span in spans if expr.start <= span[0] and span[1] <= expr.end]
        start = min((span[0] for span in inside), default=expr.start)
        end = max((span[1] for span in inside), default=expr.end)
        self.note(frame, kind, value, start, end, inverted=inverted, detail=guard)

    def note(  # noqa: PLR0913 - what, where and how
        self,
        frame: Frame,
        kind: str,
        value: Traced,
        start: int,
        end: int,
        *,
        name: str = "",
        inverted: bool = False,
        detail: object = None,
    ) -> None:
        """Note a sink; the same place met again through another call adds its links and what it amounts to there."""
        if kind == "condition" and frame.depth == 0 and has_parameter(value.sym):
            # Its callers tell what the parameter is; they may speak of no profile.
            self.carriers.add((frame.owner.full_name.lower(), frame.member.name.lower()))
        key = (frame.unit.path, start, end, kind)
        self._noted.append(key)
        known = self.sinks.get(key)
        if known is None:
            place = self.location(frame.unit, start, end)
            made = Sink(kind, frame.owner, frame.member, place, value.sym, value.links, name, inverted, detail)
            made.values.append(value.sym)
            self.sinks[key] = made
        else:
            if len(known.values) < MOST_CALLS and not any(alike(value.sym, one) for one in known.values):
                known.values.append(value.sym)
            self._linked(known, value.links)
            if len(value.sym.facts) > len(known.value.facts) or known.value.op == "opaque":
                known.value = value.sym

    def picked(self, frame: Frame, of: Traced, start: int, end: int) -> None:
        """Note that one row of a profile query by name is taken without a look at how many there are."""
        if of.sym.op == "rows" and of.sym.data.object == "profile" and of.sym.data.names:
            self.note(frame, "picked", of, start, end)

    def named(self, frame: Frame, value: Traced, start: int, end: int) -> Traced:
        """The value with the statement that stores it as a link, if it is of interest."""
        if not expressions.worth(value.sym):
            return value
        return value.via(self.location(frame.unit, start, end, frame.unit.text(start, end)))

    def location(self, unit: Unit, start: int, end: int, note: str = "", *, first_line: bool = False) -> Location:
        """A span of bytes as a location; the note is cut to one short line."""
        lines = self._lines.setdefault(unit.path, Lines(unit.data))
        if first_line:
            stop = unit.data.find(b"\n", start, end)
            end = stop if stop > 0 else end
        line, column = lines.at(start)
        end_line, end_column = lines.at(end)
        words = " ".join(note.split())
        short = words if len(words) <= 100 else f"{words[:99]}…"
        return Location(unit.path, line, column, end_line, end_column, short)


def _grown(frame: Frame, args: Sequence[Traced], left: Sequence[Traced | None]) -> None:
    """Collections are handed on as themselves: what a call has put in is in the caller's variables."""
    for arg, after in zip(args, left, strict=False):
        if after is None or after.sym is arg.sym or arg.sym.op not in GROWING or after.sym.op not in GROWING:
            continue
        for name, held in frame.scope.items():
            if held.sym is arg.sym:
                frame.scope[name] = after


def _fullest(filled: list[Traced]) -> list[Traced]:
    """Of what a field of collections holds at one time or another, that which is not the beginning of another."""
    kept: list[Traced] = []
    for value in sorted(filled, key=lambda one: -len(one.sym.args)):
        begins = (zip(value.sym.args, other.sym.args, strict=False) for other in kept)
        if not any(all(alike(one, same) for one, same in pairs) for pairs in begins):
            kept.append(value)
    return kept


def _key(sym: Sym) -> object:
    """What tells two arguments apart for a call: unknown ones are all alike."""
    if sym.known:
        return (type(sym.data).__name__, sym.data)
    if sym.op in ("fact", "field", "user-id", "class", "instance", "label", "permission", "setting-field", "config"):
        return sym.op, sym.data
    if core(sym).op == "fact":
        return sym.op, core(sym).data
    return id(sym) if sym.facts or sym.args or sym.op in ("row", "rows", "ids") else sym.op


def _has_else(statement: t.Switch) -> bool:
    return any(not labels for labels, _ in statement.cases)
