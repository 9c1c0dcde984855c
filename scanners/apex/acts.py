"""What a block of Apex does to the org: the records it writes, the errors it raises, what it sends and starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scanners.apex import tree as t

if TYPE_CHECKING:
    from scanners.apex.program import Program
    from scanners.apex.syntax import Unit
    from scanners.apex.values import Sym

Following = tuple[Sequence[t.Stmt] | None, "Following"] | None
"""What follows a statement: the rest of its block, then of those around it; None stands where a loop begins."""
Case = tuple[str, "Sym | None", t.Stmt]
"""One case of a `switch`: its words, when it is taken (None for `when else`), and its statements."""
Bodies = Callable[["Unit", t.Member], t.Block | None]

_DEPTH = 4
"""Calls that are followed into each other."""
_STATEMENTS = 600
"""Statements looked at for one block; what lies behind is not told."""
_VERBS = ("insert", "update", "upsert", "delete", "undelete", "merge")
_CALLS = {
    **{("database", verb): verb for verb in _VERBS},
    **{("database", f"{verb}immediate"): verb for verb in _VERBS},
    ("database", "executebatch"): "batch",
    ("system", "schedule"): "schedule",
    ("system", "schedulebatch"): "schedule",
    ("system", "enqueuejob"): "enqueue",
    ("eventbus", "publish"): "publish",
    ("messaging", "sendemail"): "mail",
    ("messaging", "sendemailmessage"): "mail",
    ("approval", "process"): "approval",
    ("webservicecallout", "invoke"): "callout",
}


@dataclass(slots=True, eq=False)
class Guard:
    """What a condition decides over: the branches of an `if`, the cases of a `switch`, the values of a choice.

    `following` is what comes after the statement; it is skipped when a branch leaves. `types` are those of the
    variables, `words` the two values of `condition ? yes : no` as written.
    """

    owner: t.Class
    types: dict[str, str]
    yes: t.Stmt | None = None
    no: t.Stmt | None = None
    following: Following = None
    cases: tuple[Case, ...] = ()
    words: tuple[str, str] | None = None


def rest(following: Following, *, of_loop: bool) -> tuple[t.Stmt, ...]:
    """What is not run when a block is left: up to the end of the loop, or of the member."""
    found: list[t.Stmt] = []
    while following:
        statements, following = following
        if statements is None and of_loop:
            break
        found.extend(statements or ())
    return tuple(found)


def leaving(statement: t.Stmt | None) -> t.Return | t.Throw | t.Jump | None:
    """The statement with which a block always ends, if it leaves."""
    match statement:
        case t.Return() | t.Throw() | t.Jump():
            return statement
        case t.Block(body=body) if body:
            return next((found for one in body if (found := leaving(one))), None)
    return None


class Acts:
    """Reads what statements do, through calls into the program; each member is read once."""

    def __init__(self, program: Program, body: Bodies) -> None:
        self._program = program
        self._body = body
        self._known: dict[tuple[int, int], tuple[str, ...]] = {}
        self._left = 0

    def of(self, statements: Iterable[t.Stmt | None], owner: t.Class, types: dict[str, str]) -> tuple[str, ...]:
        """The acts of some statements in reading order, each once."""
        self._left = _STATEMENTS
        return tuple(dict.fromkeys(self._block(statements, _Scope(owner, dict(types), _DEPTH))))

    def _block(self, statements: Iterable[t.Stmt | None], scope: _Scope) -> Iterator[str]:
        waiting = [one for one in statements if one is not None]
        while waiting and self._left > 0:
            statement = waiting.pop(0)
            self._left -= 1
            match statement:
                case t.Dml():
                    yield from self._expression(statement.target, scope)
                    yield statement.kind
                case t.Throw():
                    yield "throw"
                case t.Local():
                    scope.types[statement.name.lower()] = statement.type
                    yield from self._expression(statement.value, scope)
                case t.Each():
                    scope.types[statement.name.lower()] = statement.type
                    yield from self._expression(statement.of, scope)
                    waiting.insert(0, statement.body)
                case t.Do() | t.Return():
                    yield from self._expression(statement.value, scope)
                case _:
                    for expr in _conditions(statement):
                        yield from self._expression(expr, scope)
                    waiting[:0] = _inside(statement)

    def _expression(self, root: t.Expr | None, scope: _Scope) -> Iterator[str]:
        """The acts of the calls and assignments in an expression, the inner ones first."""
        order, waiting = list[t.Expr](), [root] if root is not None else []
        while waiting:
            expr = waiting.pop()
            order.append(expr)
            waiting.extend(_parts(expr))
        for expr in reversed(order):
            if isinstance(expr, t.Call):
                yield from self._call(expr, scope)
            elif isinstance(expr, t.Set) and isinstance(expr.target, t.Get) and self._is_record(expr.target.of, scope):
                yield f"sets {expr.target.name}"

    def _call(self, call: t.Call, scope: _Scope) -> Iterator[str]:
        name = call.name.lower()
        head = call.of.name.lower() if isinstance(call.of, t.Id) else ""
        kind = call.of.type.lower() if isinstance(call.of, t.New) else scope.types.get(head, "").lower()
        if name == "adderror":
            yield "addError"
        elif (head, name) in _CALLS:
            yield _CALLS[head, name]
        elif name == "send" and kind in ("http", "system.http"):
            yield "callout"
        elif scope.depth > 0:
            yield from self._member(call, scope)

    def _member(self, call: t.Call, scope: _Scope) -> Iterator[str]:
        target = self._target(call, scope)
        unit = self._program.unit(target[0].path) if target else None
        if target is None or unit is None:
            return
        owner, member = target
        key = id(member), scope.depth
        if key not in self._known:
            self._known[key] = ()  # a member that calls itself
            body = self._body(unit, member)
            types = {name: kind for kind, name in member.parameters}
            inner = _Scope(owner, types, scope.depth - 1)
            found = dict.fromkeys(self._block(body.body if body else (), inner))
            self._known[key] = (*(("future call",) if "future" in member.annotations else ()), *found)
        yield from self._known[key]

    def _target(self, call: t.Call, scope: _Scope) -> tuple[t.Class, t.Member] | None:
        owner: t.Class | None = scope.owner
        if isinstance(call.of, t.Id) and call.of.name.lower() != "this":
            owner = self._program.find(scope.types.get(call.of.name.lower(), call.of.name), scope.owner)
        elif isinstance(call.of, t.New):
            owner = self._program.find(call.of.type, scope.owner)
        elif call.of is not None and not isinstance(call.of, t.Id):
            return None
        found = self._program.members(owner, call.name.lower()) if owner else []
        fitting = [pair for pair in found if pair[1].kind == "method" and len(pair[1].parameters) == len(call.args)]
        return fitting[0] if fitting else None

    def _is_record(self, base: t.Expr, scope: _Scope) -> bool:
        kind = scope.types.get(base.name.lower(), "") if isinstance(base, t.Id) else ""
        return bool(kind) and self._program.find(kind, scope.owner) is None


@dataclass(slots=True)
class _Scope:
    """Where statements stand: their class, their variables' types, how many more calls are followed."""

    owner: t.Class
    types: dict[str, str]
    depth: int


def _conditions(statement: t.Stmt) -> list[t.Expr]:
    match statement:
        case t.If() | t.While():
            return [statement.condition] if statement.condition is not None else []
        case t.Switch():
            return [statement.value]
    return []


def _inside(statement: t.Stmt) -> list[t.Stmt]:
    """The statements inside another, in reading order."""
    match statement:
        case t.If():
            return [one for one in (statement.yes, statement.no) if one is not None]
        case t.While():
            return [*statement.first, statement.body]
        case t.Switch():
            return [body for _, body in statement.cases]
        case t.Try():
            return [one for one in (statement.body, *statement.handlers, statement.last) if one is not None]
        case t.Block():
            return list(statement.body)
    return []


def _parts(expr: t.Expr) -> list[t.Expr]:
    """The expressions inside another, in reading order."""
    match expr:
        case t.Call():
            return [*([expr.of] if expr.of is not None else []), *expr.args]
        case t.New():
            pairs = [one for pair in expr.pairs for one in pair]
            return [*expr.args, *expr.items, *pairs, *(value for _, value in expr.fields)]
        case t.Nary() | t.Other():
            return list(expr.parts)
        case t.Not():
            return [expr.operand]
        case t.Ternary():
            return [one for one in (expr.condition, expr.yes, expr.no) if one is not None]
        case t.Set():
            return [expr.target, expr.value]
        case t.Cast():
            return [expr.value]
        case t.Get() | t.Index():
            return [expr.of]
    return []
