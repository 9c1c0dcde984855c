"""The tables of `freeseat.toml` that this half reads.

They are [users], [defaults], [price], [plan], [gates], [[gates.login]], [[stage]] and [[waive]].
`scanners.config` reads [scan] and [[accept]] of the same file. Unknown keys are errors in every table.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, replace
from datetime import date

from migrator import gating, shape
from scanners.errors import UsageError

NAME = "freeseat.toml"
_TABLES = ("scan", "fix", "accept", "users", "defaults", "price", "plan", "gates", "stage", "waive")
_MOST_CONFIG = 1 << 20


@dataclass(frozen=True, slots=True)
class Users:
    """Whom to look at: names or patterns that are integrations whatever the score, and others to leave out."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    only: bool = False


@dataclass(frozen=True, slots=True)
class Defaults:
    """Default users of the org, which no API tells (Setup holds them); `replacement` takes their roles over."""

    lead_creator: str = ""
    lead_owner: str = ""
    case_user: str = ""
    case_owner: str = ""
    workflow_user: str = ""
    replacement: str = ""

    def roles(self) -> tuple[tuple[str, str], ...]:
        """Role → username, for those that are set."""
        named = (
            ("Default Lead Creator", self.lead_creator),
            ("Default Lead Owner", self.lead_owner),
            ("Automated Case User", self.case_user),
            ("Default Case Owner", self.case_owner),
            ("Default Workflow User", self.workflow_user),
        )
        return tuple((role, user) for role, user in named if user)


@dataclass(frozen=True, slots=True)
class Price:
    """What a license costs: an estimate's assumptions. `per` is year or month."""

    currency: str = "USD"
    per: str = "year"
    free_integration_seats: int = 5
    licenses: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Planning:
    """How a plan is made."""

    target_profile: str = ""
    canary: str = ""
    batch: int = 20
    most_users: int = 50
    inventory_age_hours: int = 24
    packages: str = "ask"
    freeze: bool = False
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class StageTable:
    """A stage as the configuration has it."""

    name: str
    org: str
    gates: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waive:
    """A person's word that a refusal may be passed over: for whom, why, who says so, until when."""

    refusal: str
    reason: str
    owner: str
    expires: date
    user: str = "*"


@dataclass(frozen=True, slots=True)
class GateLogin:
    """How a gate logs in as a switched user: by JWT (`jwt_key_file`), or by client credentials.

    `user` is a name or pattern; the first table that fits a user counts. The secret of client credentials stands in the
    environment variable `secret_variable`. Without `instance_url` it is the org that is switched.
    """

    client_id: str
    user: str = "*"
    jwt_key_file: str = ""
    secret_variable: str = ""
    instance_url: str = ""


@dataclass(frozen=True, slots=True)
class Gates:
    """How gates work. Times are limits; `environment` names variables that a command gets although they look secret."""

    tests_minutes: float = 120
    tests_again: bool = True
    min_coverage: int = 0
    command_minutes: float = 30
    command_token: bool = False
    environment: tuple[str, ...] = ()
    soak_needs_login: bool = False
    login: tuple[GateLogin, ...] = ()


STAGES = (
    StageTable("sandbox", "sandbox", ("apex-tests", "soak 24h", "undo")),
    StageTable("production", "production", ("apex-tests", "soak 24h")),
)


@dataclass(frozen=True, slots=True)
class Config:
    """The whole of it; the defaults are those of a file that says nothing."""

    users: Users = field(default_factory=Users)
    defaults: Defaults = field(default_factory=Defaults)
    price: Price = field(default_factory=Price)
    plan: Planning = field(default_factory=Planning)
    gates: Gates = field(default_factory=Gates)
    stage: tuple[StageTable, ...] = STAGES
    waive: tuple[Waive, ...] = ()


def load(path: str) -> Config:
    """The configuration in a file; the usual one where there is no file. Raises UsageError."""
    if not os.path.lexists(path):
        return Config()
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as in scanners.config
            data = tomllib.loads(file.read(_MOST_CONFIG).decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from None
    return read(data, path)


def read(data: dict[str, object], path: str) -> Config:
    """The configuration in the tables of a file; raises UsageError."""
    unknown = sorted(set(data) - set(_TABLES))
    if unknown:
        raise UsageError(f"{path} has an unknown key {unknown[0]!r}; known are: {', '.join(sorted(_TABLES))}")
    mine = {name: table for name, table in data.items() if name not in ("scan", "fix", "accept")}
    try:
        config = shape.build(Config, mine, "", _key)
    except shape.Misshapen as error:
        raise UsageError(f"{path}: {error}") from None
    problem = _problem(config)
    if problem:
        raise UsageError(f"{path}: {problem}")
    return config


def _key(name: str) -> str:
    """The key of the file that stands for a field."""
    return name.replace("_", "-")


def _problem(config: Config) -> str:
    """What is wrong with values that have the right types; empty if nothing is."""
    plan, price = config.plan, config.price
    if price.per not in ("year", "month"):
        return f"price.per is {price.per!r}; it can be year or month"
    if any(one < 0 for one in price.licenses.values()) or price.free_integration_seats < 0:
        return "prices and seats cannot be negative"
    if min(plan.batch, plan.most_users, plan.inventory_age_hours) < 1:
        return "plan.batch, plan.most-users and plan.inventory-age-hours are at least 1"
    if plan.packages not in ("ask", "keep", "drop"):
        return f"plan.packages is {plan.packages!r}; it can be ask, keep or drop"
    return (
        _gates(config.gates)
        or _stages(config.stage)
        or next((_waiver(one) for one in config.waive if _waiver(one)), "")
    )


def _gates(gates: Gates) -> str:
    if min(gates.tests_minutes, gates.command_minutes) <= 0 or not 0 <= gates.min_coverage <= 100:
        return "gates.tests-minutes and gates.command-minutes are above 0, gates.min-coverage is from 0 to 100"
    for one in gates.login:
        if not one.client_id or bool(one.jwt_key_file) == bool(one.secret_variable):
            return (
                f"[[gates.login]] for user {one.user!r} needs client-id, and either jwt-key-file or secret-variable "
                "(the name of the environment variable that holds the client secret)"
            )
    return ""


def _stages(stages: tuple[StageTable, ...]) -> str:
    names = [one.name for one in stages]
    if not stages:
        return "stage is empty; leave it out for the usual two, sandbox and production"
    if len(set(names)) != len(names):
        return "every [[stage]] needs a name of its own"
    wrong = next((one for one in stages if one.org not in ("sandbox", "production")), None)
    if wrong:
        return f"stage {wrong.name!r} has org = {wrong.org!r}; it can be sandbox or production"
    for gate in (gate for one in stages for gate in one.gates):
        if wrong_gate := gating.problem(*gating.split(gate)):
            return wrong_gate
    kinds = [one.org for one in stages]
    if "production" in kinds and "sandbox" not in kinds[: kinds.index("production")]:
        return "there is no sandbox stage before production; production is never first"
    return ""


def _waiver(one: Waive) -> str:
    if one.reason.strip() and one.owner.strip():
        return ""
    return f"a [[waive]] of {one.refusal!r} needs a reason and an owner"


def priced(price: Price, given: tuple[str, ...]) -> Price:
    """The prices with those of the command line (`Salesforce=1980`) put over them; raises UsageError."""
    licenses = dict(price.licenses)
    for one in given:
        name, sign, number = one.rpartition("=")
        try:
            licenses[name.strip()] = float(number)
        except ValueError:
            raise UsageError(f"--price {one!r}: write LICENSE=NUMBER, such as Salesforce=1980") from None
        if not sign or not name.strip() or not 0 <= licenses[name.strip()] < _MOST_MONEY:
            raise UsageError(f"--price {one!r}: write LICENSE=NUMBER, such as Salesforce=1980")
    return replace(price, licenses=licenses)


_MOST_MONEY = 1e9
