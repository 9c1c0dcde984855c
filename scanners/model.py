"""The values that travel between the stages of a scan. No I/O, no behaviour beyond naming and order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_TARGET = "Minimum Access - API Only Integrations"
"""The profile that Salesforce provisions with the Salesforce Integration license (domain.md 1, documented)."""


class Verdict(StrEnum):
    """What the switch does to one place for one old profile, the strongest word first."""

    CHANGES = "changes"
    DEPENDS = "depends"
    SAME = "same"


class Role(StrEnum):
    """What the place uses the profile for."""

    BYPASS = "bypass"
    GATE = "gate"
    LOOKUP = "lookup"
    ASSIGNMENT = "assignment"
    DISPLAY = "display"
    TEST = "test"


class Subject(StrEnum):
    """Whose profile is looked at."""

    RUNNING_USER = "running-user"
    OWNER = "owner"
    CREATED_BY = "created-by"
    LAST_MODIFIED_BY = "last-modified-by"
    LOOKED_UP_USER = "looked-up-user"
    EDITED_USER = "edited-user"
    NEW_USER = "new-user"


class Impact(StrEnum):
    """How much an API-only user feels it, worst first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"

    @property
    def rank(self) -> int:
        """0 for the worst, so that sorting puts it first."""
        return list(Impact).index(self)


class Consequence(StrEnum):
    """What the switch can do at a place, worst first (metadata-catalogue.md 9).

    Silent loss stands before a loud error: nobody is told of it.
    """

    LOGIN = "login-refused"
    AUTOMATION = "automation-changes-silently"
    REFUSED = "write-refused"
    READ = "data-read-changes"
    DEFAULT = "default-changes"
    REJUDGED = "records-judged-anew"
    ACCESS = "access-lost"
    OUTSIDE = "decided-outside"
    REPORT = "reports"
    PAGE = "pages"
    TEST = "tests"
    NOTHING = "nothing"

    @property
    def rank(self) -> int:
        """0 for the worst, so that sorting puts it first."""
        return list(Consequence).index(self)


class Confidence(StrEnum):
    """How the finding is known, strongest first."""

    PROVED = "proved"
    RESOLVED = "resolved"
    TEXTUAL = "textual"


@dataclass(frozen=True, slots=True)
class Profile:
    """One Salesforce profile; `id` has 18 characters or is empty, `license` is the user license's label or empty."""

    label: str
    full_name: str
    id: str = ""
    license: str = ""
    custom: bool = True
    in_repo: bool = False


@dataclass(frozen=True, slots=True)
class Switch:
    """The question of a run: what differs between these profiles and that one? `explicit` when the user named them."""

    before: tuple[Profile, ...]
    after: Profile
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class Component:
    """A metadata component by its Metadata API type and name, as in `ValidationRule Account.Phone_Required`."""

    type: str
    name: str

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the scanned tree: its path below the root with `/`, its component and its bytes (UTF-8)."""

    path: str
    component: Component
    data: bytes

    @property
    def text(self) -> str:
        """The content; bytes that are not UTF-8 become U+FFFD."""
        return self.data.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a finding claims; `id` is `kind/slug`, `impact` is the usual one for an API-only user.

    `acts` says in the third person what the place does when its condition holds (`fires`), `then` what follows from it.
    """

    id: str
    title: str
    impact: Impact
    help: str
    consequence: Consequence = Consequence.AUTOMATION
    acts: str = ""
    then: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A span of a file; lines and columns count from 1, columns in characters, the end column lies behind the span."""

    path: str
    line: int
    column: int = 1
    end_line: int = 0
    end_column: int = 0
    note: str = ""

    def noted(self, note: str) -> Location:
        """The same span with another note."""
        return Location(self.path, self.line, self.column, self.end_line, self.end_column, note)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one old profile's users feel: the remainders before and after; `decided_by` names unknown data."""

    profile: str
    verdict: Verdict
    before: str = ""
    after: str = ""
    decided_by: str = ""


@dataclass(frozen=True, slots=True)
class Blame:
    """Who last touched the finding's first line, and when (ISO date)."""

    author: str
    date: str
    commit: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A person's word that a finding is fine: the entry of `freeseat.toml` that covers it."""

    reason: str
    owner: str
    expires: str
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One place that depends on a user's profile; `locations[0]` is the place, the others are its chain."""

    rule: str
    component: Component
    locations: tuple[Location, ...]
    message: str
    impact: Impact
    role: Role
    subject: Subject = Subject.RUNNING_USER
    profiles: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    confidence: Confidence = Confidence.RESOLVED
    in_test: bool = False
    active: bool = True
    advice: str = ""
    query: str = ""
    excerpt: str = ""
    id: str = ""
    blame: Blame | None = None
    accepted: Accepted | None = None
    consequence: Consequence = Consequence.NOTHING

    @property
    def location(self) -> Location:
        """The place itself."""
        return self.locations[0]

    @property
    def chain(self) -> tuple[Location, ...]:
        """Where the value comes from and where the result goes, in reading order."""
        return self.locations[1:]

    @property
    def verdict(self) -> Verdict:
        """The strongest word said on any old profile."""
        said = {effect.verdict for effect in self.effects}
        return next((verdict for verdict in Verdict if verdict in said), Verdict.DEPENDS)


@dataclass(frozen=True, slots=True, order=True)
class Skipped:
    """A file, or a region of it, that was not judged."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class BlindSpot:
    """Something no file of the repo can tell, why it matters, and how to find out (a query or a place in Setup)."""

    what: str
    why: str
    how_to_find_out: str


@dataclass(frozen=True, slots=True)
class Origin:
    """What was scanned: path, commit and state of the work tree, number and bytes of the metadata files read."""

    path: str
    commit: str = ""
    dirty: bool = False
    files: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """All that a renderer may see, sorted, so that the same tree gives the same bytes."""

    version: str
    source: Origin
    switch: Switch
    rules: tuple[Rule, ...]
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    blind_spots: tuple[BlindSpot, ...]
    notes: tuple[str, ...] = field(default=())

    def rule(self, rule_id: str) -> Rule:
        """The declared rule of that id."""
        return next(rule for rule in self.rules if rule.id == rule_id)


def count(values: Iterable[StrEnum]) -> dict[str, int]:
    """How often each value occurs, in the order of its enumeration."""
    seen = Counter(values)
    return {str(member): seen[member] for kind in {type(value) for value in seen} for member in kind if seen[member]}
