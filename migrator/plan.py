"""A plan as a value: who moves, by which steps, in which stages; its digest is what a person approves. No I/O.

A plan is portable. It names users by stem and everything else by API name; the executor binds names to the ids of one
org at the start of a stage.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from migrator import shape
from scanners.errors import Refused, UsageError

SCHEMA = "freeseat/plan/v1"


class StepKind(StrEnum):
    """What a step changes; in the order in which they are taken for one user (domain 3.2)."""

    DEPLOY = "deploy-permission-set"
    APP = "app-access"
    DEFAULT_USER = "default-user"
    FEATURE = "feature-license"
    SET = "permission-set"
    GROUP = "permission-set-group"
    PSL = "permission-set-license"
    PACKAGE = "package-license"
    PROFILE = "profile"
    FIELD = "user-field"
    MEMBER = "membership"
    FROZEN = "frozen"


_ACCESS = frozenset({StepKind.SET, StepKind.GROUP, StepKind.PSL, StepKind.PACKAGE, StepKind.PROFILE, StepKind.FROZEN})
"""Kinds that a user's access hangs on."""

_MISSING = ("absent", "on")
"""States of those kinds that take access away: an assignment that is not there, a freeze that is."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a step changes: whose (a stem; empty for the org's own), and which set, license, profile or role by name.

    `of` is the permission set that is granted an app.
    """

    name: str
    user: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One change and its undo. `before` and `after` are states as text: `absent`, `assigned until …`, `on`, a name."""

    kind: StepKind
    target: Target
    before: str
    after: str
    why: str = ""
    risk: str = ""

    def inverse(self) -> Step:
        """The step that undoes this one."""
        return replace(self, before=self.after, after=self.before)


@dataclass(frozen=True, slots=True)
class Lost:
    """Rights that cannot come along, of one kind: `on_screen` if only the user interface would miss them."""

    what: str
    why: str
    confidence: str
    on_screen: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """One user's way: the steps in order, what access comes to, what is risky, which findings concern it."""

    user: str
    name: str
    profile: str
    license: str
    steps: tuple[Step, ...]
    criticality: int
    because: tuple[str, ...]
    kept: int = 0
    given_back: int = 0
    lost: tuple[Lost, ...] = ()
    risks: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    generated: str = ""

    @property
    def outage(self) -> tuple[int, int]:
        """The steps, counted from 1, between which access is missing: the first loss to the last thing given."""
        of_access = [(number, one) for number, one in enumerate(self.steps, 1) if one.kind in _ACCESS]
        losses = [number for number, one in of_access if one.kind is StepKind.PROFILE or one.after in _MISSING]
        return (losses[0], max(losses[0], of_access[-1][0])) if losses else (0, 0)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A generated permission set: deployed before the first user of a stage, taken away by the undo of the last."""

    name: str
    label: str
    users: tuple[str, ...]
    digest: str
    xml: str
    steps: tuple[Step, ...]
    left_out: tuple[str, ...] = ()
    traced: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PackagedFile:
    """A file of a package in metadata format: its text, or in base64 where it is not UTF-8."""

    path: str
    text: str = ""
    base64: str = ""


@dataclass(frozen=True, slots=True)
class Mended:
    """Proved fixes of metadata: deployed before the first user of a stage moves, taken back after the last is back.

    `digest` is that of the proof file; `components` are `Type Name`, `added` those of them that are new; `grants` name
    the custom permissions that the generated sets hold for it.
    """

    name: str
    digest: str
    commit: str
    version: str
    users: tuple[str, ...]
    files: tuple[PackagedFile, ...]
    components: tuple[str, ...]
    added: tuple[str, ...]
    titles: tuple[str, ...]
    grants: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Users who are switched together; the canary is a batch of its own."""

    name: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    """What decides between batches and stages: a kind, and what it needs (classes, a command, a time)."""

    kind: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """One org: its kind, batches in order, the gates after each, and what keeps it from starting."""

    name: str
    org: str
    batches: tuple[Batch, ...]
    gates: tuple[Gate, ...]
    blocked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """A pool of seats after a move, forward and, from there, one step back."""

    after: str
    pool: str
    used: int
    total: int


@dataclass(frozen=True, slots=True)
class Concern:
    """A finding of the scan that concerns users of this plan, and what was decided: open, waived or fixed."""

    id: str
    rule: str
    impact: str
    verdict: str
    component: str
    place: str
    message: str
    decision: str
    before: str = ""
    after: str = ""
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """What keeps a user, a stage or the whole plan back; `subject` is a stem, a stage, or empty for all."""

    code: str
    subject: str
    says: str
    what_to_do: str
    confidence: str = "documented"
    waived: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan rests on: the inventory and the scan, by digest."""

    inventory: str
    taken_at: str
    org: str
    is_sandbox: bool
    scan: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Switch:
    """From which profiles and licenses to which."""

    before: tuple[str, ...]
    profile: str
    license: str
    psl: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a person approves."""

    basis: Basis
    switch: Switch
    deployments: tuple[Deployment, ...]
    moves: tuple[Move, ...]
    stages: tuple[Stage, ...]
    seats: tuple[Count, ...]
    concerns: tuple[Concern, ...] = ()
    tests: tuple[str, ...] = ()
    all_tests: str = ""
    left_out: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    mended: Mended | None = None

    @property
    def digest(self) -> str:
        """What tells two plans apart: over the content in canonical form."""
        return digest(shape.plain(self))

    @property
    def freezes(self) -> bool:
        """Whether users are frozen while their rights change."""
        return any(step.kind is StepKind.FROZEN for one in self.moves for step in one.steps)

    def move(self, user: str) -> Move | None:
        """One user's way."""
        return next((one for one in self.moves if one.user == user), None)


def digest(content: Any) -> str:
    """SHA-256 over JSON in canonical form: sorted keys, no blanks."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def write(plan: Plan, version: str) -> str:
    """The plan as the text of plan.json: the same plan gives the same bytes."""
    content = shape.plain(plan)
    return shape.dump(
        {"schema": SCHEMA, "tool": {"name": "freeseat", "version": version}, "digest": digest(content), "plan": content}
    )


def read(document: dict[str, Any], path: str) -> Plan:
    """The plan in a document; raises UsageError if it is none, Refused if it is not as it was written."""
    unknown = sorted(set(document) - {"schema", "tool", "digest", "plan"})
    if unknown:
        raise UsageError(f"{path}: {unknown[0]!r} is an unknown key; make the plan again with `freeseat plan`")
    try:
        plan = shape.build(Plan, document.get("plan"), "plan")
    except shape.Misshapen as error:
        raise UsageError(f"{path} is no plan that can be read: {error}") from None
    if plan.digest != document.get("digest"):
        raise Refused(
            f"{path} was changed after it was made: its content has the digest {plan.digest[:19]}…, and it says "
            f"{str(document.get('digest'))[:19]}…. Change freeseat.toml instead and make the plan again"
        )
    return plan
