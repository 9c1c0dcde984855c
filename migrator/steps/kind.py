"""What a kind of step is, and what a user is to it: items with states."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from migrator.binding import Binding
from migrator.model import ABSENT, ASSIGNED, OFF, ON
from migrator.plan import Step, StepKind
from migrator.ports import Part, Row

Item = tuple[StepKind, str]
"""A thing of one user: its kind and, by id or API name, which one."""


@dataclass(frozen=True, slots=True)
class Change:
    """One item from one state to another; `name` is what people call it, `words` how they call both states."""

    kind: StepKind
    key: str
    name: str
    before: str
    after: str
    words: tuple[str, str] = ("", "")

    @property
    def item(self) -> Item:
        """What it changes."""
        return self.kind, self.key

    @property
    def called(self) -> str:
        """What it changes, for people: `permission-set Core`, `profile`."""
        return self.kind.value if self.kind is StepKind.PROFILE else f"{self.kind.value} {self.name}"

    @property
    def inverse(self) -> Change:
        """The change that undoes it."""
        return Change(self.kind, self.key, self.name, self.after, self.before, self.words[::-1])

    @property
    def gives(self) -> bool:
        """Whether it gives something rather than takes it away."""
        if self.kind is StepKind.FROZEN:
            return self.after == OFF
        return self.after not in (ABSENT, OFF, "")


@dataclass(frozen=True, slots=True)
class Now:
    """A user at one moment. An item that is not there is absent; `rows` are record ids of those that are records."""

    id: str
    active: bool
    modified: str
    items: dict[Item, str] = field(default_factory=dict)
    rows: dict[Item, str] = field(default_factory=dict)

    def state(self, item: Item) -> str:
        """The state of an item."""
        return self.items.get(item) or nothing(item[0])


def nothing(kind: StepKind) -> str:
    """How a kind words that there is nothing."""
    if kind in (StepKind.FEATURE, StepKind.FROZEN):
        return OFF
    return "" if kind in (StepKind.PROFILE, StepKind.FIELD) else ABSENT


Found = tuple[str, str, str, str]
"""User id, key, state, record id (empty where the item is a field of the user)."""

Records = Mapping[str, list[Row]]
"""What was read, by object."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How items of a kind are read, named and changed; `loses` if access goes with them."""

    name: StepKind
    read: Callable[[Records], Iterable[Found]]
    part: Callable[[Now, Change], Part]
    key: Callable[[Binding, Step], str]
    state: Callable[[Binding, str], str] = lambda _binding, text: text
    access: bool = True
    """Whether a user's access hangs on it: what is lost with it counts as outage."""
    mended: bool = True
    """Whether the undo puts it back where the platform changed it by itself."""


def on(value: object) -> str:
    """A checkbox as a state."""
    return ON if value else OFF


def linked(
    name: str, link: str, column: str, who: str = "AssigneeId"
) -> tuple[Callable[[Binding, Step], str], Callable[[Records], Iterable[Found]], Callable[[Now, Change], Part]]:
    """Key, reading and request of a kind that is a record between a user and something else.

    `name` is the object of that something, `link` the object between, `column` and `who` its two references.
    """

    def key(binding: Binding, step: Step) -> str:
        return binding.id(name, step.target.name)

    def read(records: Records) -> Iterable[Found]:
        for row in records.get(link, ()):
            if row.get(column):
                until = str(row.get("ExpirationDate") or "")
                yield (
                    str(row[who]),
                    str(row[column]),
                    f"{ASSIGNED} until {until}" if until else ASSIGNED,
                    str(row["Id"]),
                )

    def part(now: Now, change: Change) -> Part:
        if change.after == ABSENT:
            return Part("DELETE", f"sobjects/{link}/{now.rows[change.item]}")
        until = change.after.removeprefix(ASSIGNED).removeprefix(" until ")
        body: Row = {who: now.id, column: change.key} | ({"ExpirationDate": until} if until else {})
        return Part("POST", f"sobjects/{link}", body)

    return key, read, part
