"""Soaking: what users did before is known, what is new fails at once, time passes as fast as a test wants."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from migrator import gates, shape
from migrator.gates import watching
from migrator.plan import Gate
from migrator.practice import clock
from migrator.practice.platform import logins
from migrator.practice.schema import SCHEMA
from migrator.practice.sessions import grants
from scanners.errors import Refused
from tests.migrator.gates.conftest import Bench

DAY = Gate("soak", "24h")
SHORT = Gate("soak", "2m")
USERS = ("erp.sync", "warehouse.feed")


def login(bench: Bench, stem: str, app: str = "Acme ERP") -> None:
    """A user logs in, or tries to."""
    org = bench.world.org
    user = org.store.first("User", Username=f"{stem}@acme.example") or {}
    with contextlib.suppress(logins.Denied):
        logins.check(org, user, org.store.first("ConnectedApplication", Name=app))


def add(bench: Bench, entity: str, **facts: Any) -> None:
    """A row that the org writes by itself."""
    made = bench.world.org.stamped(entity, bench.world.org.organization()["UserId"])
    bench.world.org.store.insert(SCHEMA[entity], made | facts)


def key(bench: Bench, stem: str) -> str:
    """A user's id."""
    return str((bench.world.org.store.first("User", Username=f"{stem}@acme.example") or {})["Id"])


def test_a_quiet_day(bench: Bench) -> None:
    """A day passes; who did not log in is told; failures of last week do not count."""
    bench.time.then = lambda number: login(bench, "erp.sync") if number == 5 else None
    context = bench.ready(DAY, bench.context(*USERS))
    assert any("Invalid Password" in one for one in context.baseline.logins)
    result = gates.run(DAY, context)
    assert (result.passed, result.says) == (True, "24 hours with 1 login and no new failure")
    assert "no login of warehouse.feed@acme.example: its way in was not proved" in result.details
    assert bench.time.now() - context.since >= timedelta(hours=24)
    assert bench.time.slept <= 292  # one look in five minutes, and some at the end
    assert shape.build(gates.Baseline, shape.plain(context.baseline)) == context.baseline


def test_silence_may_be_a_failure(bench: Bench) -> None:
    """Where the configuration asks for logins."""
    result = gates.run(SHORT, bench.ready(DAY, bench.context(*USERS, soak_needs_login=True)))
    assert (result.passed, result.says) == (False, "2 users did not log in within 2 minutes (gates.soak-needs-login)")


def test_a_new_failed_login_ends_it_at_once(bench: Bench) -> None:
    """With the user, the app and what the org said."""
    context = bench.ready(DAY, bench.context(*USERS))

    def revoke(number: int) -> None:
        if number == 3:
            store = bench.world.org.store
            row = store.first("ConnectedApplication", Name="Acme Warehouse") or {}
            for one in store.where("SetupEntityAccess", SetupEntityId=row["Id"]):
                store.delete(SCHEMA["SetupEntityAccess"], one["Id"])
            login(bench, "warehouse.feed", "Acme Warehouse")

    bench.time.then = revoke
    result = gates.run(DAY, context)
    assert (result.passed, bench.time.slept) == (False, 3)
    assert result.details == (
        "failed login: warehouse.feed@acme.example | Acme Warehouse | Failed: Not approved for access (1 time)",
    )


def test_failures_before_the_switch_do_not_count(bench: Bench) -> None:
    """Neither as of last week nor because they are older than the switch."""
    with_history = bench.ready(DAY, bench.context(*USERS))
    add(
        bench,
        "LoginHistory",
        UserId=key(bench, "erp.sync"),
        Status="Failed: old",
        Application="X",
        LoginTime=clock.text(datetime.now(UTC) - timedelta(hours=1)),
    )
    assert gates.run(SHORT, with_history).passed
    add(
        bench,
        "LoginHistory",
        UserId=key(bench, "erp.sync"),
        Status="Failed: new",
        Application="X",
        LoginTime=clock.text(bench.time.now()),
    )
    assert not gates.run(SHORT, with_history).passed


def test_jobs_that_fail(bench: Bench) -> None:
    """A scheduled job in ERROR, a batch that reports errors."""
    users = ("nightly.batch",)
    context = bench.ready(DAY, bench.context(*users))
    row = bench.world.org.store.first("CronTrigger", OwnerId=key(bench, users[0])) or {}
    bench.world.org.store.update(SCHEMA["CronTrigger"], row["Id"], {"State": "ERROR"})
    bench.time.then = lambda _number: None
    result = gates.run(DAY, context)
    assert not result.passed
    assert "nightly.batch@acme.example | scheduled job" in result.details[0]
    again = bench.ready(DAY, bench.context(*users))
    made = {"CreatedById": key(bench, users[0]), "JobType": "BatchApex", "Status": "Failed"}
    klass = bench.world.org.store.first("ApexClass") or {}
    add(bench, "AsyncApexJob", **made, ApexClassId=klass["Id"], ExtendedStatus="First error: INSUFFICIENT_ACCESS")
    result = gates.run(DAY, again)
    what = f"nightly.batch@acme.example | BatchApex {klass['Name']}: First error: INSUFFICIENT_ACCESS"
    assert result.details == (f"failed job: {what} (1 time)",)


def event_log(bench: Bench, stem: str, *calls: tuple[str, str, datetime]) -> None:
    """An event log of today: object, status, moment."""
    lines = ["USER_ID,ENTITY_NAME,STATUS_CODE,TIMESTAMP_DERIVED"]
    lines += [f"{key(bench, stem)[:15]},{name},{code},{moment.isoformat()}" for name, code, moment in calls]
    text = "\n".join(lines) + "\n"
    now = clock.text(bench.time.now())
    add(bench, "EventLogFile", EventType="ApiTotalUsage", LogDate=now, LogFileLength=len(text), Content=text)


def test_refused_calls_in_event_logs(bench: Bench) -> None:
    """403 after the switch fails; 403 before it, 400 and 200 do not; a log is fetched once."""
    context = bench.ready(DAY, bench.context(*USERS))
    earlier, later = bench.time.now() - timedelta(minutes=5), bench.time.now() + timedelta(minutes=5)

    def log(number: int) -> None:
        if number == 2:
            event_log(bench, "erp.sync", ("Lead", "403", earlier), ("Lead", "400", later), ("Account", "200", later))
        if number == 9:
            event_log(bench, "erp.sync", ("Lead", "403", later), ("Lead", "403", later))

    bench.time.then = log
    result = gates.run(DAY, context)
    assert (result.passed, bench.time.slept) == (False, 9)
    assert result.details == ("refused API call: erp.sync@acme.example | ApiTotalUsage Lead | HTTP 403 (2 times)",)


def test_words_of_refusals() -> None:
    """Codes in a log's messages count as well; compact times are read; other users do not count."""
    text = (
        "USER_ID,METHOD_NAME,EXCEPTION_MESSAGE,TIMESTAMP\n"
        "005000000000001,upsert,INSUFFICIENT_ACCESS_OR_READONLY: no,20260101120000.123\n"
        "005000000000001,upsert,INSUFFICIENT_ACCESS_OR_READONLY: no,20250101120000.123\n"
        "005000000000001,upsert,,20260101120000.123\n"
        "005000000000002,upsert,INSUFFICIENT_ACCESS,20260101120000.123\n"
    )
    since = datetime(2026, 1, 1, tzinfo=UTC)
    found = watching.errors_in(text, "API", {"005000000000001AAA": "erp"}, since)
    assert dict(found) == {"erp | API upsert | INSUFFICIENT_ACCESS": 1}


def test_who_may_not_look(bench: Bench) -> None:
    """Is told before the switch; and a watch that goes blind fails."""
    org = bench.world.org
    name = next(
        str(one["Username"])
        for one in org.store.where("User", IsActive=1)
        if "ApiEnabled" in grants(org, one["Id"]).permissions
        and not grants(org, one["Id"]).permissions & {"ManageUsers", "MonitorLoginHistory"}
    )
    blind = replace(bench.context(*USERS), org=bench.world.live(name))
    with pytest.raises(Refused, match="gate 'soak 1h': INVALID_TYPE"):
        gates.baseline([Gate("soak", "1h")], blind)
    result = gates.run(DAY, blind)
    assert (result.passed, "could not run" in result.says) == (False, True)


def test_a_wish_to_stop_ends_a_long_pause(bench: Bench) -> None:
    """Within a second, not at the next look."""
    context = bench.ready(DAY, bench.context(*USERS))
    context = replace(context, options=replace(context.options, stopping=lambda: bench.time.slept >= 450))
    with pytest.raises(KeyboardInterrupt):
        gates.run(DAY, context)
    assert bench.time.slept == 450


def test_a_day_needs_a_login_that_renews(bench: Bench) -> None:
    """A token that ends in the middle could not even go back."""
    context = replace(bench.context(*USERS), org=bench.world.live())
    assert gates.baseline([Gate("soak", "1h")], context).logins
    with pytest.raises(Refused, match="an access token alone may end"):
        gates.baseline([DAY], context)


def test_control_c_ends_the_watch_and_no_more(bench: Bench) -> None:
    """It comes through; when the watch goes on later, it goes on where it was."""
    context = bench.ready(SHORT, bench.context(*USERS))

    def interrupt(number: int) -> None:
        if number == 10:
            raise KeyboardInterrupt

    bench.time.then = interrupt
    with pytest.raises(KeyboardInterrupt):
        gates.run(SHORT, context)
    before, bench.time.then = bench.time.slept, lambda _number: None
    assert gates.run(SHORT, context).passed
    assert bench.time.now() - context.since >= timedelta(minutes=2)
    assert bench.time.slept - before <= 18


@pytest.mark.parametrize("hours", [-7, 5])
def test_clocks_that_differ(bench: Bench, hours: int) -> None:
    """What counts is the org's time: neither what was before nor what is after is taken for the other."""
    bench.time.ahead = hours * 3600.0
    bench.world.org.clock.ahead = timedelta(hours=hours)
    now = bench.world.org.clock.now()
    add(
        bench,
        "LoginHistory",
        UserId=key(bench, "erp.sync"),
        Status="Failed: before",
        Application="X",
        LoginTime=clock.text(now - timedelta(minutes=1)),
    )
    context = bench.ready(SHORT, bench.context("erp.sync"))
    logins_before = tuple(one for one in context.baseline.logins if "Failed: before" not in one)
    known = replace(context, baseline=replace(context.baseline, logins=logins_before))
    assert gates.run(SHORT, known).passed
    assert bench.world.org.clock.now() - now >= timedelta(minutes=2, seconds=-1)  # an org tells whole seconds
    assert bench.time.slept <= 25
    add(
        bench,
        "LoginHistory",
        UserId=key(bench, "erp.sync"),
        Status="Failed: after",
        Application="X",
        LoginTime=clock.text(now + timedelta(minutes=1)),
    )
    assert not gates.run(SHORT, known).passed


def test_a_line_that_breaks_for_a_moment(bench: Bench) -> None:
    """Does not end a soak."""
    context = bench.ready(SHORT, bench.context(*USERS))
    bench.time.then = lambda number: bench.world.fault("status-before=503;match=composite") if number == 4 else None
    assert gates.run(SHORT, context).passed
