"""What a class or trigger says, reduced to what an evaluation needs. `start` and `end` are byte offsets."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Part:
    """A node of the concrete tree of a query: the grammar's kind, its text, the place of its first character."""

    kind: str
    text: str
    start: int
    parts: tuple[Part, ...]

    def all(self, *kinds: str) -> tuple[Part, ...]:
        """The direct parts of these kinds."""
        return tuple(part for part in self.parts if part.kind in kinds)

    def first(self, *kinds: str) -> Part | None:
        """The first direct part of these kinds."""
        return next(iter(self.all(*kinds)), None)


@dataclass(slots=True, eq=False, repr=False)
class Lit:
    """A text, a number, true, false or null."""

    value: str | int | bool | None
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Id:
    """A simple name: variable, field, class or `this`."""

    name: str
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Get:
    """`of.name`, also written `of?.name`."""

    of: Expr
    name: str
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Call:
    """`of.name(args)`; `of` is None for a method of the own class."""

    of: Expr | None
    name: str
    args: tuple[Expr, ...]
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class New:
    """`new Type(args)`; `items` of a list or set, `pairs` of a map, `fields` of an sObject."""

    type: str
    args: tuple[Expr, ...] = ()
    items: tuple[Expr, ...] = ()
    pairs: tuple[tuple[Expr, Expr], ...] = ()
    fields: tuple[tuple[str, Expr], ...] = ()
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Nary:
    """A chain of one operator, left to right: `&& || + - * / == != < …`; comparisons have two parts."""

    operator: str
    parts: tuple[Expr, ...]
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Not:
    """`!operand`."""

    operand: Expr
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Ternary:
    """`condition ? yes : no`; also `left ?? right`, whose condition is None."""

    condition: Expr | None
    yes: Expr
    no: Expr
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Set:
    """`target = value`; other assignment operators carry their first character in `operator`."""

    target: Expr
    value: Expr
    operator: str = ""
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Cast:
    """`(Type) value`."""

    type: str
    value: Expr
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Index:
    """`of[at]`."""

    of: Expr
    at: Expr
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Compare:
    """One comparison of a query: field path and operator in lower case, the values, and the object queried.

    `inner` is the condition of a subquery in place of values.
    """

    field: str
    operator: str
    values: tuple[Expr, ...]
    of: str
    start: int = 0
    end: int = 0
    inner: Compare | Where | None = None


@dataclass(slots=True, eq=False, repr=False)
class Where:
    """Conditions of a query joined by `and` or `or`, or one under `not`."""

    operator: str
    parts: tuple[Compare | Where, ...]


@dataclass(slots=True, eq=False, repr=False)
class Query:
    """A SOQL query; `strict` comparisons must all hold, the others stand under OR or NOT or in a subquery.

    `where` holds all of them as they are joined; None without any.
    """

    object: str
    fields: tuple[str, ...]
    strict: tuple[Compare, ...]
    loose: tuple[Compare, ...]
    limit: int | None = None
    start: int = 0
    end: int = 0
    where: Compare | Where | None = None


@dataclass(slots=True, eq=False, repr=False)
class Other:
    """Anything else, with the expressions inside it."""

    parts: tuple[Expr, ...]
    start: int = 0
    end: int = 0


Expr = Lit | Id | Get | Call | New | Nary | Not | Ternary | Set | Cast | Index | Query | Other


@dataclass(slots=True, eq=False, repr=False)
class Local:
    """`Type name = value;`."""

    type: str
    name: str
    value: Expr | None
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Do:
    """An expression for its effect."""

    value: Expr


@dataclass(slots=True, eq=False, repr=False)
class If:
    """`if (condition) yes else no`."""

    condition: Expr
    yes: Stmt
    no: Stmt | None


@dataclass(slots=True, eq=False, repr=False)
class Each:
    """`for (Type name : of) body`."""

    type: str
    name: str
    of: Expr
    body: Stmt


@dataclass(slots=True, eq=False, repr=False)
class While:
    """Any other loop."""

    first: tuple[Stmt, ...]
    condition: Expr | None
    body: Stmt


@dataclass(slots=True, eq=False, repr=False)
class Return:
    """`return value;`."""

    value: Expr | None
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Throw:
    """`throw value;`."""

    value: Expr | None
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Dml:
    """`insert target;` and the like, `kind` in lower case."""

    kind: str
    target: Expr
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Switch:
    """`switch on value`; the default case has no labels."""

    value: Expr
    cases: tuple[tuple[tuple[Expr, ...], Stmt], ...]
    start: int = 0
    end: int = 0


@dataclass(slots=True, eq=False, repr=False)
class Try:
    """`try body catch … finally last`."""

    body: Stmt
    handlers: tuple[Stmt, ...]
    last: Stmt | None


@dataclass(slots=True, eq=False, repr=False)
class Block:
    """Statements in order."""

    body: tuple[Stmt, ...]


@dataclass(slots=True, eq=False, repr=False)
class Jump:
    """`break` or `continue`."""


Stmt = Local | Do | If | Each | While | Return | Throw | Dml | Switch | Try | Block | Jump


@dataclass(slots=True, eq=False, repr=False)
class Member:
    """A method, constructor, initializer, field or property; names as written, `key` in lower case.

    `body` and `value` are lowered when first asked for, through `Unit`.
    """

    kind: str
    """`method`, `constructor`, `initializer`, `field` or `property`."""
    name: str
    type: str
    static: bool
    test: bool
    start: int
    end: int
    parameters: tuple[tuple[str, str], ...] = ()
    annotations: frozenset[str] = frozenset()
    final: bool = False
    node: object = None
    """The syntax node; only `syntax` looks inside."""


@dataclass(slots=True, eq=False, repr=False)
class Class:
    """A class, interface or trigger with its members by lower-case name, and its inner classes."""

    name: str
    path: str
    outer: Class | None = None
    parent: str = ""
    test: bool = False
    trigger_object: str = ""
    members: dict[str, list[Member]] = field(default_factory=dict)
    inner: dict[str, Class] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """`Outer.Inner`, or the class's own name."""
        return f"{self.outer.full_name}.{self.name}" if self.outer else self.name

    def all_members(self) -> list[tuple[Class, Member]]:
        """The members of this class and of its inner classes, in file order."""
        own = [(self, member) for group in self.members.values() for member in group]
        inner = [pair for one in self.inner.values() for pair in one.all_members()]
        return sorted(own + inner, key=lambda pair: pair[1].start)
