"""`freeseat formula`: one formula before and after a switch, or many formulas as JSON lines."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from scanners import deciding
from scanners.effects import Remainder, effect
from scanners.errors import UsageError
from scanners.formula.batch import answer, refusal
from scanners.formula.evaluate import outcome_of
from scanners.formula.functions.signature import Setting
from scanners.formula.given import Given, given
from scanners.formula.nodes import Name, walk
from scanners.formula.parser import FormulaError, parse
from scanners.formula.static import Types
from scanners.formula.values import Failure, Type, Unknown
from scanners.model import DEFAULT_TARGET, Effect, Profile, Subject, Switch, Verdict
from scanners.profiles import ProfileBook, is_id, long_id
from scanners.run import colored, columns, guarded, show
from scanners.subjects import attribute_of
from scanners.views import Known, Open, View, permission_query
from scanners.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from scanners.formula.nodes import Node
    from scanners.formula.values import Outcome

LONGEST = 8 * 1024 * 1024
"""Bytes of a line of a batch up to which it is read; the platform takes formulas of 3,900 characters."""


@dataclass(frozen=True, slots=True)
class Request:
    """The options of `freeseat formula` as given."""

    text: str | bytes = ""
    before: tuple[str, ...] = ()
    after: str = ""
    settings: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    blanks: str = ""
    json: bool = False
    color: bool | None = None


class Side(NamedTuple):
    """What a formula comes to for users of one profile: what is left of it, and its value where that is known."""

    profile: str
    left: Remainder
    value: Outcome
    complete: bool
    """Whether the value of every name in the formula is known."""


class Answer(NamedTuple):
    """A formula judged: one side and no effects when nobody switches; else `sides` has the new profile's last."""

    text: str
    condition: bool
    sides: tuple[Side, ...]
    effects: tuple[Effect, ...] = ()
    unused: tuple[str, ...] = ()


def main(request: Request) -> int:
    """Print what the formula comes to and give the exit code: 1 when the switch changes it."""
    return guarded(lambda: _main(request))


def batch(lines: BinaryIO) -> int:
    """Answer each line, whatever it holds, in order and as it comes."""
    return guarded(lambda: _batch(lines))


def _main(request: Request) -> int:
    from scanners.reports import formula as report  # noqa: PLC0415 - rich is not needed for a batch

    text = _text(request.text)
    try:
        found = judge(text, request)
    except FormulaError as error:
        return _failed(request, text, ("parse", str(error), error.position))
    for name in found.unused:
        sys.stderr.write(f"freeseat: --set {name}: the formula has no {name}\n")
    failures = [side.value for side in found.sides if isinstance(side.value, Failure)]
    if len(failures) == len(found.sides):
        return _failed(request, text, ("evaluate", failures[0].message, failures[0].position))
    if request.json:
        show(report.as_json(found))
    else:
        show(report.as_text(found, width=columns(), color=colored(request.color)))
    return 1 if any(one.verdict == Verdict.CHANGES for one in found.effects) else 0


def _failed(request: Request, text: str, problem: tuple[str, str, int]) -> int:
    from scanners.reports import formula as report  # noqa: PLC0415

    if request.json:
        show(report.error_as_json(*problem))
    else:
        sys.stderr.write(report.error_as_text(text, *problem))
    return 2


def _text(given_text: str | bytes) -> str:
    if isinstance(given_text, str):
        return given_text
    try:
        return given_text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"the formula on standard input is not UTF-8: {error.reason} at byte {error.start}") from None


def judge(text: str, request: Request) -> Answer:
    """What a formula comes to for each profile of a request. Raises `FormulaError` and `UsageError`."""
    tree = parse(text)
    try:
        known = given(request.settings, request.types)
    except ValueError as error:
        raise UsageError(str(error)) from None
    unused = tuple(name for name in known.values if name not in names_in(tree))
    condition = Types(known.types).of(tree) is Type.BOOLEAN
    if not request.before and not request.after:
        return Answer(text, condition, (_side(request, tree, known, {}, ""),), (), unused)
    switching = [name for name in known.values if _follows_profile(name)]
    if switching:
        raise UsageError(
            f"--set {switching[0]}: --from and --to say whose profile it is; an id is given as in "
            '--from "API Only=00e30000001FeAR"'
        )
    switch, book = _switch(request)
    world = World((), switch, book)
    sides = tuple(_judged(request, tree, known, world, profile) for profile in (*switch.before, switch.after))
    effects = tuple(_effect(side, sides[-1]) for side in sides[:-1])
    return Answer(text, condition, sides, effects, unused)


def names_in(tree: Node) -> frozenset[str]:
    """Fields and globals of a formula, in lower case."""
    return frozenset(node.name.lower() for node in walk(tree) if isinstance(node, Name))


def _follows_profile(name: str) -> bool:
    attribute = attribute_of(name)
    return (
        attribute is not None and attribute.subject == Subject.RUNNING_USER and attribute.kind in ("name", "id", "key")
    )


def _switch(request: Request) -> tuple[Switch, ProfileBook]:
    book = ProfileBook()
    before = tuple(dict.fromkeys(_profile(one, book) for one in request.before))
    return Switch(before, _profile(request.after or DEFAULT_TARGET, book), explicit=True), book


def _profile(text: str, book: ProfileBook) -> Profile:
    """The profile of `NAME` or `NAME=ID`."""
    name, _, profile_id = text.rpartition("=")
    if not name or not is_id(profile_id):
        return book.named(text)
    book.identify(long_id(profile_id), name.strip())
    return book.named(name.strip())


def _judged(request: Request, tree: Node, known: Given, world: World, profile: Profile) -> Side:
    whole = deciding.settled(tree, "")
    view = View(world, profile, Subject.RUNNING_USER, deciding.literals(whole))

    def lookup(name: str) -> Known | Open | None:
        # No project tells here who holds a custom permission.
        if name.lower().startswith("$permission."):
            return Open(profile.label, permission_query(name.rpartition(".")[2]))
        return view.lookup(name, "")

    return _side(request, whole, known, deciding.facts_of(whole, lookup), profile.label)


def _side(request: Request, tree: Node, known: Given, facts: Mapping[str, Known | Open], label: str) -> Side:
    """One side, with what was set put in; it stands above what a profile tells."""
    told = {**facts, **{name: Known(value) for name, value in known.values.items()}}  # type: ignore[arg-type]  # dates
    values = deciding.values_of(told)
    types = {**deciding.texts_in(values), **known.types}
    condition = Types(types).of(tree) is Type.BOOLEAN
    zero = request.blanks == "zero" if request.blanks else not condition
    setting = Setting(Types(types), zero=zero)
    left = deciding.remainder(tree, told, gives_value=not condition, setting=setting)
    value = outcome_of(tree, values, setting)
    missing = any(name not in values for name in names_in(tree))
    return Side(label, left, False if value is None and condition else value, complete=not missing)


def _effect(before: Side, after: Side) -> Effect:
    """The word on two sides: known values are compared as they are, what is left as a scan compares it."""
    word = effect(before.profile, before.left, after.left, nulls=True)
    if isinstance(before.value, Unknown) or isinstance(after.value, Unknown):
        return word
    same = type(before.value) is type(after.value) and before.value == after.value
    return Effect(word.profile, Verdict.SAME if same else Verdict.CHANGES, word.before, word.after)


def _batch(lines: BinaryIO) -> int:
    out = sys.stdout.buffer
    try:
        for line in _lines(lines):
            said = refusal(f"a line of more than {LONGEST:,} bytes") if line is None else answer(line)
            out.write(said.encode("ascii") + b"\n")
            out.flush()
    except BrokenPipeError:
        # Whoever reads has seen enough; Python would complain again when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _lines(lines: BinaryIO) -> Iterator[bytes | None]:
    """Each line without its end; None for one that is too long, of which the rest is passed over."""
    first = True
    while line := lines.readline(LONGEST):
        if len(line) == LONGEST and not line.endswith(b"\n"):
            _pass_over(lines)
            yield None
        else:
            line = line.removesuffix(b"\n").removesuffix(b"\r")
            yield line.removeprefix(b"\xef\xbb\xbf") if first else line
        first = False


def _pass_over(lines: BinaryIO) -> None:
    while (rest := lines.readline(LONGEST)) and not rest.endswith(b"\n"):
        pass
