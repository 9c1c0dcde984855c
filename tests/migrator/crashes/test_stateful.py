"""Anything, in any order: runs, rollbacks, resumes, kills, faults and colleagues in orgs of many kinds.

Whatever happened: after a command that ended, nobody is without the rights of either side; no pool of seats is
overdrawn; the journal's chain holds; a dry run writes nothing; no secret is in any file.
"""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from migrator import journal
from migrator.executor import starting
from migrator.executor.moving import Shape
from migrator.executor.running import UNDO
from migrator.history import Status
from migrator.journal import Entry, Journal
from migrator.org import readonly
from migrator.plan import Gate
from migrator.practice import faults
from migrator.practice.org import Org
from migrator.practice.platform.behaviors import BEHAVIORS
from migrator.practice.schema import SCHEMA
from migrator.practice.seeds.builder import Builder
from scanners.errors import Failed, Refused
from tests.migrator.direct import direct
from tests.migrator.executor import crashing, stages
from tests.migrator.executor.stages import Staged
from tests.migrator.worlds import row

MACHINES = ("marketing.bridge", "warehouse.feed", "billing.gateway", "quote.connector", "kiosk.events")
GIVEN = (
    *("Integration_Core", "Integration_Case", "Integration_Invoice", "Report_Export", "Campaign_Mail", "Sales_Extras"),
    *("Bypass_Rules", "Setup_Read", "group:Kiosk", "group:Support", "psl:QuoteEnginePsl"),
)
FAULTS = (
    *("timeout-before", "timeout-after", "status-before=503", "status-after=500", "reset-before", "reset-after"),
    *("lock-row", "expired-session", "request-limit", "seats-taken=Salesforce", "seats-taken=Salesforce Integration"),
    "seats-taken=SalesforceAPIIntegrationPsl",
)
KILLS = st.one_of(st.just(0), st.integers(1, 60))
"""At which entry or answer the process ends; 0 for not at all."""

POOLS = ("UserLicense", "PermissionSetLicense")
ACME = stages.fresh()


class Killed(BaseException):
    """The process is no more."""


class Runs(RuleBasedStateMachine):
    """One org, one plan, one journal."""

    org: Org
    staged: Staged

    def __init__(self) -> None:
        super().__init__()
        self.where = tempfile.TemporaryDirectory(dir=crashing.SHM if crashing.SHM.is_dir() else None)
        self.left = 0
        self.touched: set[str] = set()
        self.full = False
        self.ended = True
        self.moved: dict[str, Any] = {}
        self.tokens: set[str] = set()

    def teardown(self) -> None:
        """Give the folder back."""
        self.where.cleanup()

    @initialize(
        users=st.lists(st.sampled_from(MACHINES), min_size=1, max_size=3, unique=True),
        given=st.lists(st.tuples(st.sampled_from(MACHINES), st.sampled_from(GIVEN)), max_size=6),
        behaviors=st.dictionaries(st.sampled_from([one.name for one in BEHAVIORS]), st.integers(0, 2), max_size=4),
        shape=st.sampled_from(list(Shape)),
        undo=st.booleans(),
    )
    def an_org(
        self,
        users: list[str],
        given: list[tuple[str, str]],
        behaviors: dict[str, int],
        shape: Shape,
        undo: bool,
    ) -> None:
        """Acme's sandbox, with assignments and answers to open questions of its own, and a plan for some users."""
        self.org = stages.clone(ACME)
        build = Builder(self.org)
        build.admin = self.org.organization()["UserId"]
        for user, name in given:
            key = build.id_of("User", Username=f"{user}@acme.example.practice")
            if not self._holds(key, name):
                build.assign(key, name)
        self.org.grants.clear()
        gates = (Gate(UNDO),) if undo else ()
        plan = stages.in_one_batch(stages.planned(self.org, *users, gates=gates))
        for known in BEHAVIORS:
            if known.name in behaviors:
                values = list(known.values)
                self.org.behave(known.name, values[behaviors[known.name] % len(values)])
        self.staged = Staged(self.org, plan, Path(self.where.name), shape=shape)
        self.before = stages.picture(self.org)
        self.sets = {one["Id"] for one in self.org.store.where("PermissionSet")}
        self.users = [f"{move.user}.practice" for move in plan.moves]

    def _holds(self, user: str, name: str) -> bool:
        kind, _, rest = name.rpartition(":")
        table, field, of, by = {
            "group": ("PermissionSetAssignment", "PermissionSetGroupId", "PermissionSetGroup", "DeveloperName"),
            "psl": ("PermissionSetLicenseAssign", "PermissionSetLicenseId", "PermissionSetLicense", "DeveloperName"),
            "": ("PermissionSetAssignment", "PermissionSetId", "PermissionSet", "Name"),
        }[kind]
        key = row(self.org, of, **{by: rest})["Id"]
        return self.org.store.first(table, AssigneeId=user, **{field: key}) is not None

    # ---- commands

    @rule(kill=KILLS, fault=st.sampled_from(("", *FAULTS)), skip=st.integers(0, 12))
    def go(self, kill: int, fault: str, skip: int) -> None:
        """Begin, or go on."""
        unfinished = self._begun() and self.staged.past.status is Status.UNFINISHED
        self._command("resume" if unfinished else "begin", kill, fault, skip)

    @precondition(lambda self: self._begun())
    @rule(kill=KILLS, fault=st.sampled_from(("", *FAULTS)), skip=st.integers(0, 12))
    def back(self, kill: int, fault: str, skip: int) -> None:
        """Everybody back."""
        self._command("rollback", kill, fault, skip)

    @rule()
    def dry(self) -> None:
        """A dry run looks, and nothing else."""
        live = direct(self.org, readonly.refuse_writes)
        before = stages.picture(self.org)
        asked = starting.Asked(self.staged.plan, self.staged.stage, starting.place(live))
        starting.refusals(live, asked, datetime.now(UTC))
        assert stages.picture(self.org) == before

    @rule(user=st.sampled_from(MACHINES), what=st.sampled_from(("role", "set", "unset", "profile")))
    def colleague(self, user: str, what: str) -> None:
        """Somebody else changes a user."""
        name = f"{user}@acme.example.practice"
        known = row(self.org, "User", Username=name)
        if what == "role":
            changes = {"UserRoleId": row(self.org, "UserRole", DeveloperName="Finance")["Id"]}
            self.org.store.update(SCHEMA["User"], known["Id"], changes)
        elif what == "profile":
            changes = {"ProfileId": row(self.org, "Profile", Name="Standard User")["Id"]}
            self.org.store.update(SCHEMA["User"], known["Id"], changes)
        elif what == "set" and not self._holds(known["Id"], "Bypass_Rules"):
            build = Builder(self.org)
            build.admin = self.org.organization()["UserId"]
            build.assign(known["Id"], "Bypass_Rules")
        elif what == "unset":
            held = self.org.store.first("PermissionSetAssignment", AssigneeId=known["Id"], PermissionSetGroupId=None)
            if held and not (self.org.store.get("PermissionSet", held["PermissionSetId"]) or {})["IsOwnedByProfile"]:
                self.org.store.delete(SCHEMA["PermissionSetAssignment"], held["Id"])
        self.org.grants.clear()
        self.touched.add(name)

    @rule()
    def seats_again(self) -> None:
        """Whoever took seats gives them back."""
        for name in POOLS:
            for one in self.org.store.where(name):
                self.org.store.update(SCHEMA[name], one["Id"], {"Elsewhere": 0})

    def _picture(self) -> dict[str, Any]:
        """Of all users; sets that freeseat deployed by their names, as each run that deploys them gets other ids."""
        now = stages.picture(self.org)
        for one in self.org.store.where("PermissionSet"):
            if one["Id"] not in self.sets:
                for user in now.values():
                    held = [text.replace(str(one["Id"]), str(one["Name"])) for text in user["PermissionSetAssignment"]]
                    user["PermissionSetAssignment"] = sorted(held)
        return now

    def _begun(self) -> bool:
        return bool(self.staged.run) and any(one.run == self.staged.run for one in journal.entries(self.where.name))

    def _command(self, name: str, kill: int, fault: str, skip: int) -> None:
        self.left = kill or -1
        self.org.memory["faults"] = [faults.parse(f"{fault};skip={skip}")] if fault else []
        self.staged.live = None
        live = self.staged.connect()
        self.tokens.add(live.token)
        live.asked = live.answered = lambda _call: self._step()
        self.staged.open = self._watched
        self.ended = False
        try:
            getattr(self.staged, name)()
            self.ended = True
        except Refused:
            self.ended = True
        except (Failed, Killed):
            pass
        except Exception as error:  # the org's own refusal ends a command too
            if type(error).__name__ != "OrgError":
                raise
        self.org.memory["faults"] = []
        live.asked = live.answered = lambda _call: None

    def _step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed

    def _watched(self, where: Path) -> Journal:
        machine = self

        class Watched(Journal):
            def append(self, run: str, event: str, body: Any) -> Entry:
                machine._step()
                entry = Journal.append(self, run, event, body)
                machine._step()
                return entry

        return Watched(where)

    # ---- what holds

    @invariant()
    def the_chain_holds(self) -> None:
        """Of the journal."""
        journal.entries(self.where.name)

    @invariant()
    def no_secret_in_a_file(self) -> None:
        """Of the sessions."""
        for path in Path(self.where.name).rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            assert not any(token.partition("!")[2].encode() in data for token in self.tokens)

    @invariant()
    def seats_are_not_overdrawn(self) -> None:
        """By anything but those who took them."""
        for name in POOLS if hasattr(self, "org") else ():
            for one in self.org.store.where(name):
                taken = self.org.store.computed(name, one["Id"], "Taken")
                assert (
                    taken <= max(one["TotalLicenses"] or 0, one["Elsewhere"] or 0, 0) or name == "PermissionSetLicense"
                )

    @invariant()
    def nobody_is_in_between(self) -> None:
        """Once a command has ended: as it was, or moved as it always is; but for whom somebody else changed."""
        if not hasattr(self, "staged") or not self.ended:
            return
        now = self._picture()
        for name in self.users:
            if name in self.touched:
                continue
            if now[name] != self.before[name]:
                known = self.moved.setdefault(name, now[name])
                assert now[name] == known, crashing.differing({name: now[name]}, {name: known})
                assert now[name]["ProfileId"] != self.before[name]["ProfileId"]
        others = [name for name in now if name not in (*self.users, *self.touched, "(the org)")]
        assert {name: now[name] for name in others} == {name: self.before[name] for name in others}


Runs.TestCase.settings = settings(
    max_examples=400 if os.environ.get("FREESEAT_SOAK") else 25,
    stateful_step_count=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestRuns = Runs.TestCase
