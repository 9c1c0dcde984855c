"""What the page of an inventory says: who, on what evidence, seats as a picture, money."""

from __future__ import annotations

from collections.abc import Iterator

from migrator.model import Inventory, Likelihood, Policy, ProfileFacts, User
from migrator.money import Estimate
from migrator.reports.page import Bar, Bars, Block, Cell, Fold, Items, Page, Section, Table, Text, Tone, cell
from scanners import __version__
from scanners.reports.text import plural

_ACTING = "Active ones change assignments by themselves when a user is changed; a change of profile is one."
_TONE = {Likelihood.INTEGRATION: Tone.GOOD, Likelihood.UNCLEAR: Tone.WARN, Likelihood.PERSON: Tone.SOFT}


def page(inventory: Inventory, money: Estimate) -> Page:
    """The page of an inventory."""
    movable = to_move(inventory)
    sure = [one for one in inventory.users if one.kind is Likelihood.INTEGRATION]
    unclear = [one for one in inventory.users if one.kind is Likelihood.UNCLEAR]
    done = [one for one in sure if one.license == inventory.target.license]
    return Page(
        f"Inventory of {_org(inventory)}",
        f"{plural(len(movable), 'integration user')} could move to the free license",
        _lead(inventory, len(done), len(unclear)),
        f"taken {inventory.taken_at} by {inventory.taken_by} · {plural(inventory.requests, 'request')}",
        (
            ("Could move", f"{len(movable):,}", "on a full license today"),
            ("Already there", f"{len(done):,}", inventory.target.license or "no such license here"),
            ("Unclear", f"{len(unclear):,}", "a person decides"),
            ("People", f"{inventory.people:,}", f"active, beside {plural(inventory.inactive, 'inactive user')}"),
            ("Would save", money.shown(), "an estimate"),
        ),
        (
            Section(
                "Integration users",
                tuple(_user(one) for one in sure),
                "Each with the evidence; points add up to the score, 60 and more counts as an integration.",
                f"{len(sure):,}",
            ),
            Section(
                "Unclear",
                tuple(_user(one) for one in unclear) or (Text("Nobody."),),
                "Between 30 and 59 points. Name those that are integrations in [users] include of freeseat.toml.",
                f"{len(unclear):,}",
            ),
            Section("Seats", tuple(_seats(inventory)), "As the org says; both counters of the target must have room."),
            Section("Money", tuple(_money(money)), "An estimate, and what it rests on."),
            Section("Profiles", (_profiles(inventory),), "What permission sets can never hold comes from the profile."),
            *(
                [Section("User access policies", (_policies(inventory),), _ACTING, f"{len(inventory.policies):,}")]
                if inventory.policies
                else []
            ),
            Section(
                "Not known", tuple(_missing(inventory)), "What the org did not tell, and the permission that would."
            ),
        ),
        __version__,
    )


def to_move(inventory: Inventory) -> list[User]:
    """Active integrations that are not on the target license yet."""
    return [
        one
        for one in inventory.users
        if one.kind is Likelihood.INTEGRATION and one.active and one.license != inventory.target.license
    ]


def _org(inventory: Inventory) -> str:
    kind = "sandbox" if inventory.org.is_sandbox else "production"
    return f"{inventory.org.name or inventory.org.id} ({kind})"


def _lead(inventory: Inventory, done: int, unclear: int) -> str:
    target = inventory.target
    if not target.license:
        return "This org has no Salesforce Integration license, neither by name nor by key."
    pool = inventory.pool("UserLicense", target.license)
    psl = inventory.pool("PermissionSetLicense", target.psl)
    free = min(pool.free if pool else 0, psl.free if psl else 0)
    seats = f"{plural(free, 'seat')} of {target.license}, its permission set license included,"
    return f"{seats} {'is' if free == 1 else 'are'} free; {done:,} moved already, {unclear:,} unclear."


def _user(user: User) -> Fold:
    facts = [*_facts(user)]
    blocks: list[Block] = [
        Table(
            ("Points#", "Evidence"),
            tuple((cell(f"{one.points:+d}", _points(one.points)), cell(one.says)) for one in user.evidence),
        ),
        Table(("What", "Value"), tuple((cell(name, Tone.SOFT), cell(value)) for name, value in facts)),
    ]
    if user.logins:
        rows = tuple(
            (
                cell(one.application or one.type, aside=one.type if one.application else ""),
                cell(one.count, aside=f"{one.failed:,} failed" if one.failed else ""),
                cell(one.last[:10]),
                cell(", ".join(one.api_types), aside=", ".join(one.api_versions[-3:])),
                cell(
                    ", ".join(one.sources[:4]) + (f" and {len(one.sources) - 4} more" if len(one.sources) > 4 else "")
                ),
            )
            for one in user.logins
        )
        blocks.append(Table(("Logs in through", "Logins#", "Last", "API", "From"), rows))
    lead = f"{user.username} · {user.profile} · {user.license}"
    return Fold(user.name or user.username, tuple(blocks), cell(f"{user.score}", _TONE[user.kind]), lead)


def _points(points: int) -> Tone:
    if points > 0:
        return Tone.GOOD
    return Tone.BAD if points < 0 else Tone.SOFT


def _facts(user: User) -> Iterator[tuple[str, str]]:
    """Everything that a switch touches, where there is something."""
    if user.named:
        yield "Named", "by a person: an integration whatever the score"
    yield "State", f"{'active' if user.active else 'inactive'}{', frozen' if user.frozen else ''}"
    yield "Last login", user.last_login[:10] or "never"
    held = {
        "Permission sets": [_held(one.name, one.expires, one.license) for one in user.sets],
        "Groups": [_held(one.name, one.expires, "") for one in user.groups],
        "Permission set licenses": list(user.psls),
        "Feature licenses": list(user.features),
        "Package licenses": list(user.packages),
        "Connected apps": [_app(one.name, one.access, only=one.only_approved) for one in user.apps],
        "Objects in event logs": list(user.objects or ()),
        "Open sessions": [f"{one.count:,} {one.type} (last used {one.last[:10]})" for one in user.sessions or ()],
        "Scheduled jobs": [f"{one.name} ({one.type}, {one.state.lower()})" for one in user.jobs],
        "Dashboards run as this user": list(user.dashboards),
        "Email services": list(user.email_services),
        "Default user": list(user.default_for),
        "Queues": list(user.queues),
        "Public groups": list(user.public_groups),
    }
    yield from ((name, ", ".join(values)) for name, values in held.items() if values)
    for name, value in (("Role", user.role), ("Manager", user.manager), ("Approver", user.delegated_approver)):
        if value:
            yield name, value


def _held(name: str, expires: str, license_name: str) -> str:
    more = [f"until {expires[:10]}"] if expires else []
    more += [f"bound to {license_name}"] if license_name else []
    return f"{name} ({', '.join(more)})" if more else name


def _app(name: str, access: tuple[str, ...], *, only: bool | None) -> str:
    if not only:
        return f"{name} (self-authorized)" if only is False else name
    return f"{name} (approved through {', '.join(access) or 'nothing that was found'})"


def _seats(inventory: Inventory) -> Iterator[Block]:
    names = {one.license for one in inventory.users} | {inventory.target.license}
    moving = to_move(inventory)
    features = {name for one in inventory.users for name in one.features}
    packages = {name for one in inventory.users for name in one.packages}
    shown = {
        "UserLicense": names,
        "PermissionSetLicense": {inventory.target.psl} | {p for u in inventory.users for p in u.psls},
    }
    shown |= {"ActiveFeatureLicenseMetric": features, "PackageLicense": packages}
    bars = []
    for one in inventory.seats:
        if one.name not in shown.get(one.kind, ()) or one.total < 0:
            continue
        more = len(moving) if one.name in (inventory.target.license, inventory.target.psl) else 0
        less = sum(user.license == one.name for user in moving) if one.kind == "UserLicense" and not more else 0
        bars.append(Bar(f"{one.label} ({_KINDS[one.kind]})", one.total, one.used, more, less))
    yield Bars(tuple(bars))
    yield Text("Taken by the move: +, freed by it: -.", Tone.SOFT)
    for one in inventory.seats:
        if one.kind == "UserLicense" and one.name in names and one.as_of and one.as_of[:10] < inventory.taken_at[:10]:
            yield Text(
                f"{one.name} was counted on {one.as_of[:10]}, not today: the org is over its threshold", Tone.WARN
            )


_KINDS = {
    "UserLicense": "license",
    "PermissionSetLicense": "permission set license",
    "ActiveFeatureLicenseMetric": "feature license",
    "PackageLicense": "package",
}


def _money(money: Estimate) -> Iterator[Block]:
    if money.saved is not None:
        yield Text(money.shown(), Tone.GOOD if money.saved > 0 else Tone.PLAIN)
    if money.lines:
        yield Items(tuple(cell(one) for one in money.lines))
    yield Items(tuple(cell(one, Tone.SOFT) for one in money.assumptions))


def _profiles(inventory: Inventory) -> Table:
    rows = (
        (
            cell(one.name, aside=one.full_name if one.full_name not in ("", one.name) else ""),
            cell(one.license),
            cell(one.users),
            _own(one),
        )
        for one in inventory.profiles
    )
    return Table(("Profile", "License", "Users#", "What it alone holds"), tuple(rows))


def _own(profile: ProfileFacts) -> Cell:
    """What no permission set can hold, where there is something."""
    parts = {
        "logins from": profile.ip_ranges,
        "login hours": profile.login_hours,
        "default record types": profile.default_record_types,
        "session settings": profile.session,
        "password policy": profile.password,
    }
    unknown = [name for name, values in parts.items() if values is None]
    words = "; ".join(f"{name} {', '.join(values)}" for name, values in parts.items() if values)
    if unknown:
        return cell(words or "not known", Tone.WARN, f"not known: {', '.join(unknown)}" if words else "")
    return cell(words or "nothing", Tone.PLAIN if words else Tone.SOFT)


def _policies(inventory: Inventory) -> Table:
    rows = tuple((cell(one.name), cell(one.trigger), _criteria(one)) for one in inventory.policies)
    return Table(("Policy", "Acts on", "Criteria"), rows)


def _criteria(policy: Policy) -> Cell:
    if policy.filters is None:
        return cell("not known", Tone.WARN)
    lines = (
        f"{number} {' '.join(part for part in (one.type, one.column, one.operation, one.value) if part)}"
        for number, one in enumerate(policy.filters, 1)
    )
    return cell("; ".join(lines) or "everybody", aside=policy.logic if len(policy.filters) > 1 else "")


def _missing(inventory: Inventory) -> Iterator[Block]:
    told = (cell("Everything that was asked was told."),)
    rows = (
        cell(f"{one.what}: {one.costs}", Tone.WARN, f"needs {one.needs}; the org said {one.said}")
        for one in inventory.missing
    )
    yield Items(tuple(rows) or told)
    yield Text(
        "No API tells the default users of the org (Default Lead Creator, Default Lead Owner, Automated Case User, "
        "Default Case Owner, Default Workflow User): look in Setup and name them in [defaults] of freeseat.toml.",
        Tone.SOFT,
    )
