"""The values that travel between inventory, plan and executor. No I/O, no behavior beyond naming and order.

Users are named by stem: the username as production has it, without the suffix of a sandbox. Everything else is named
by its API name. Record ids are in no value here, so that a plan made in one org can be bound to another.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TARGET_PROFILES = ("Minimum Access - API Only Integrations", "Salesforce API Only System Integrations")
"""Standard profiles of the Integration license, the present one first (domain 1, documented)."""

TARGET_LICENSE = "Salesforce Integration"
TARGET_KEY = "SALESFORCE_INTEGRATION_USER"
TARGET_PSL = "SalesforceAPIIntegrationPsl"
"""Name and key of the user license, DeveloperName of the permission set license (domain 1; compare without case)."""

ABSENT, ASSIGNED, ON, OFF = "absent", "assigned", "on", "off"
"""States of a step's target; an assignment that ends is `assigned until 2027-01-31T00:00:00Z`."""


def assigned(expires: str = "") -> str:
    """The state of an assignment, with its end."""
    return f"{ASSIGNED} until {expires}" if expires else ASSIGNED


@dataclass(frozen=True, slots=True)
class OrgId:
    """Which org: its id, its kind; unknown kinds count as production."""

    id: str
    is_sandbox: bool
    name: str = ""
    edition: str = ""


# ---- inventory


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the org did not tell: what, what that costs, the permission that would give it, its words."""

    what: str
    costs: str
    needs: str
    said: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason to take a user for an integration (or, with negative points, for a person)."""

    points: int
    says: str


@dataclass(frozen=True, slots=True)
class Held:
    """An assignment: a permission set or group by name, when it ends, the license that the set is bound to."""

    name: str
    expires: str = ""
    label: str = ""
    license: str = ""


@dataclass(frozen=True, slots=True)
class Logins:
    """How a user logs in through one application: how often, when last, from where, with what."""

    type: str
    application: str
    count: int
    last: str
    failed: int = 0
    api_types: tuple[str, ...] = ()
    api_versions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sessions:
    """Open sessions of a type: how many, and when one was used last."""

    type: str
    count: int
    last: str


@dataclass(frozen=True, slots=True)
class App:
    """A connected app that a user uses; `access` says what lets him in: `self`, or a profile or set that holds it."""

    name: str
    tokens: int
    last_used: str
    only_approved: bool | None = None
    access: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A scheduled job of a user."""

    name: str
    type: str
    state: str
    next: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """One user with everything that a switch touches or an undo must restore."""

    stem: str
    username: str
    name: str
    active: bool
    frozen: bool | None
    profile: str
    license: str
    last_login: str
    score: int
    evidence: tuple[Evidence, ...]
    named: bool = False
    role: str = ""
    manager: str = ""
    delegated_approver: str = ""
    federation_id: str = ""
    email: str = ""
    department: str = ""
    features: tuple[str, ...] = ()
    sets: tuple[Held, ...] = ()
    groups: tuple[Held, ...] = ()
    psls: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    public_groups: tuple[str, ...] = ()
    logins: tuple[Logins, ...] = ()
    apps: tuple[App, ...] = ()
    jobs: tuple[Job, ...] = ()
    dashboards: tuple[str, ...] = ()
    email_services: tuple[str, ...] = ()
    default_for: tuple[str, ...] = ()
    api_only: bool | None = None
    ui_logins: int | None = None
    sessions: tuple[Sessions, ...] | None = None
    objects: tuple[str, ...] | None = None
    """Objects seen in event logs; None where no log was fetched, or none names the user."""

    @property
    def kind(self) -> Likelihood:
        """What the score amounts to; a user named by a person is what the person says."""
        if self.named or self.score >= SURE:
            return Likelihood.INTEGRATION
        return Likelihood.UNCLEAR if self.score >= UNSURE else Likelihood.PERSON


class Likelihood(StrEnum):
    """What a user is taken for."""

    INTEGRATION = "integration"
    UNCLEAR = "unclear"
    PERSON = "person"


SURE, UNSURE = 60, 30
"""Scores from which on a user counts as an integration, or as unclear."""


@dataclass(frozen=True, slots=True)
class Seats:
    """A pool of licenses: how many there are and how many are taken, as the org says; `as_of` if that is old."""

    kind: str
    name: str
    label: str
    total: int
    used: int
    status: str = "Active"
    as_of: str = ""

    @property
    def free(self) -> int:
        """Seats left; never below none."""
        return max(self.total - self.used, 0)


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """A profile, and what it alone can hold (domain 3.5); None where the org did not say.

    `session` and `password` are its own policies as `name value`; empty where those of the org hold.
    """

    name: str
    full_name: str
    license: str
    users: int = 0
    custom: bool | None = None
    ip_ranges: tuple[str, ...] | None = None
    login_hours: tuple[str, ...] | None = None
    default_record_types: tuple[str, ...] | None = None
    session: tuple[str, ...] | None = None
    password: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PolicyFilter:
    """One line of a policy's criteria: a profile, a role, a field of the user …, an operation, the value."""

    type: str
    operation: str
    value: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """An active user access policy; `filters` is None where the org did not tell them."""

    name: str
    trigger: str
    logic: str
    filters: tuple[PolicyFilter, ...] | None


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a live org is, as far as a switch is concerned."""

    org: OrgId
    taken_at: str
    taken_by: str
    users: tuple[User, ...]
    seats: tuple[Seats, ...]
    profiles: tuple[ProfileFacts, ...]
    target: Target
    people: int
    inactive: int
    missing: tuple[Missing, ...] = ()
    requests: int = 0
    policies: tuple[Policy, ...] = ()

    def user(self, stem: str) -> User | None:
        """The user with a stem; None if there is none or more than one."""
        found = [one for one in self.users if one.stem.lower() == stem.lower()]
        return found[0] if len(found) == 1 else None

    def pool(self, kind: str, name: str) -> Seats | None:
        """The seats of one license."""
        return next((one for one in self.seats if one.kind == kind and one.name.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Target:
    """The license to move to as this org spells it: user license, its profiles, its permission set license."""

    license: str = ""
    key: str = ""
    profiles: tuple[str, ...] = ()
    psl: str = ""
    psl_label: str = ""
    found_by: str = ""

    @property
    def profile(self) -> str:
        """The profile to take: a known standard one, else the first; empty when there is none."""
        known = [one for one in TARGET_PROFILES if one in self.profiles]
        return (known or [*self.profiles, ""])[0]
