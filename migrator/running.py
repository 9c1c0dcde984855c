"""`freeseat inventory` and `freeseat plan` from request to exit code: read, ask, make, render, write."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migrator import config, files, shape
from migrator.inventory import SCHEMA as INVENTORY_SCHEMA
from migrator.inventory.checking import inventory_of
from migrator.ports import OrgError
from scanners import __version__, run
from scanners.errors import Failed, Refused, UsageError
from scanners.reports.text import plural

if TYPE_CHECKING:
    from migrator.model import Inventory
    from migrator.org.auth import Options
    from migrator.planning.making import Made
    from migrator.reports.page import Page

MADE_BY = "freeseat inventory"


@dataclass(frozen=True, slots=True)
class Output:
    """Where a page goes and how it looks; empty for the terminal."""

    form: str = ""
    path: str = ""
    color: bool | None = None


@dataclass(frozen=True, slots=True)
class InventoryRequest:
    """The options of `freeseat inventory`."""

    connection: Options
    save: str = "inventory.json"
    users: str = ""
    log_days: int = 0
    prices: tuple[str, ...] = ()
    config: str = ""
    output: Output = field(default_factory=Output)


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """The options of `freeseat plan`."""

    inventory: str = "inventory.json"
    scan: str = ""
    earlier_scan: str = ""
    fixes: str = ""
    project: str = ""
    used: tuple[str, ...] = ()
    behaviors: str = ""
    only: tuple[str, ...] = ()
    save: str = "plan.json"
    metadata: str = ""
    prices: tuple[str, ...] = ()
    config: str = ""
    output: Output = field(default_factory=Output)


@dataclass(frozen=True, slots=True)
class RehearsalRequest:
    """The options of `freeseat rehearse`."""

    plan: str = "plan.json"
    inventory: str = "inventory.json"
    behaviors: str = ""
    behavior: tuple[str, ...] = ()
    every: bool = False
    output: Output = field(default_factory=Output)


def guarded(work: Callable[[], int]) -> int:
    """The exit code of some work; errors are printed as what happened, where, what to do."""

    def told() -> int:
        try:
            return work()
        except OrgError as error:
            raise Failed(f"the org says {error}. {_advice(error)}Nothing was written") from None

    return run.guarded(told)


_ADVICE = {
    "REQUEST_LIMIT_EXCEEDED": "Its API calls of today are used up: try again later, or ask who uses them. ",
    "API_DISABLED_FOR_ORG": "The connected user needs API Enabled. ",
    "API_CURRENTLY_DISABLED": "The connected user needs API Enabled. ",
    "INSUFFICIENT_ACCESS": "The connected user lacks a permission. ",
    "INVALID_SESSION_ID": "Log in again. ",
}


def _advice(error: OrgError) -> str:
    """What to do about a refusal of the org."""
    return _ADVICE.get(error.code) or ("It may pass: try again. " if error.status >= 500 else "")


def inventory(request: InventoryRequest) -> int:
    """Take an inventory, write it, show it."""
    from migrator.inventory import gathering
    from migrator.org import readonly, salesforce
    from migrator.reports import inventory as pages

    chosen = settings(request.config)
    wanted = _wanted(chosen, request.users, request.log_days)
    taken_at = datetime.now(UTC).isoformat(timespec="seconds")
    with salesforce.opened(request.connection, os.environ, readonly.refuse_writes) as org:
        document = gathering.gather(org, wanted, taken_at, progress)
        calls = org.calls
    found = inventory_of(document, "the inventory")
    page = pages.page(found, _money(found, chosen, request.prices))
    text = _rendered(page, request.output)
    files.write(request.save, shape.dump(document))
    _put(text, request.output)
    limit = f"; {calls.used_today:,} of {calls.limit:,} used today" if calls.used_today is not None else ""
    again = f", {calls.repeated} of them again" if calls.repeated else ""
    sys.stderr.write(f"{request.save} written with {calls.made} requests{again}{limit}\n")
    return 0


def plan(request: PlanRequest) -> int:
    """Make a plan, write it, show it; 1 when there is none or a stage may not start."""
    from migrator.inputs import inputs_of
    from migrator.plan import write
    from migrator.planning import making
    from migrator.reports import plan as pages

    chosen = settings(request.config)
    document = files.read_json(request.inventory, INVENTORY_SCHEMA, MADE_BY)
    found = inventory_of(document, request.inventory)
    made = making.make(inputs_of(request, document, found, chosen))
    if made.plan is None:
        _put(_rendered(pages.refused(made.refusals, f"Plan for {found.org.name}"), request.output), request.output)
        return 1
    money = _money(found, chosen, request.prices, tuple(one.license for one in made.plan.moves))
    text = _rendered(pages.page(made.plan, money), request.output)
    files.write(request.save, write(made.plan, __version__))
    _metadata(request.metadata, made)
    _put(text, request.output)
    sys.stderr.write(f"{request.save} written: digest {made.plan.digest}\n")
    blocked = [one for one in made.plan.stages if one.blocked]
    for one in blocked:
        number = plural(len(one.blocked), "thing")
        sys.stderr.write(f"the stage {one.name} may not start yet: {number} to settle, on the page of the plan\n")
    return 1 if blocked else 0


def rehearse(request: RehearsalRequest) -> int:
    """Try a plan on a twin of the org; 1 when something would fail."""
    from migrator.inputs import behaviors_of
    from migrator.plan import SCHEMA, digest, read
    from migrator.rehearsal import choosing, running
    from migrator.reports import rehearsal as pages

    document = files.read_json(request.inventory, INVENTORY_SCHEMA, MADE_BY)
    inventory_of(document, request.inventory)
    plan = read(files.read_json(request.plan, SCHEMA, "freeseat plan"), request.plan)
    if plan.basis.inventory != digest(document["records"]):
        raise Refused(f"{request.plan} was made from another inventory than {request.inventory}; make the plan again")
    known = behaviors_of(request.behaviors) | choosing.given(request.behavior)
    choices = choosing.choices(known, every=request.every)
    runs = []
    for number, one in enumerate(choices, 1):
        progress(f"rehearsal {number} of {len(choices)}")
        runs.append(running.rehearse(plan, document, one))
    _put(_rendered(pages.page(plan, tuple(runs)), request.output), request.output)
    return 0 if all(one.right for one in runs) else 1


def _metadata(folder: str, made: Made) -> None:
    """The generated permission sets as files of a project in source format."""
    for one in made.generated if folder else ():
        files.write(str(Path(folder, *one.path.split("/"))), one.xml)
    if folder and made.generated:
        sys.stderr.write(f"{len(made.generated)} permission sets written below {folder}\n")


def settings(path: str) -> config.Config:
    """The configuration: the file that is named, else freeseat.toml here. Raises UsageError."""
    if path and not Path(path).is_file():
        raise UsageError(f"{path} does not exist; --config names a freeseat.toml")
    return config.load(path or config.NAME)


def _wanted(settings: config.Config, users: str, log_days: int) -> Any:
    from migrator.inventory.gathering import Wanted

    named = _names(users) if users else ()
    include = named or settings.users.include
    only = bool(named) or settings.users.only
    return Wanted(include, settings.users.exclude, only, settings.defaults.roles(), log_days)


def _names(path: str) -> tuple[str, ...]:
    """Usernames of a file: one a line, or the first column of a CSV; `#` begins a comment."""
    found = []
    for line in files.text_of(path).splitlines():
        word = line.partition("#")[0].partition(",")[0].strip().strip('"')
        if word and word.lower() != "username":
            found.append(word)
    if not found:
        raise UsageError(f"{path} names no user; write one username a line")
    return tuple(dict.fromkeys(found))


def _money(
    found: Inventory, settings: config.Config, prices: tuple[str, ...], licenses: tuple[str, ...] | None = None
) -> Any:
    from migrator.money import estimate
    from migrator.reports.inventory import to_move

    price = config.priced(settings.price, prices)
    pool = found.pool("UserLicense", found.target.license)
    leaving = licenses if licenses is not None else tuple(one.license for one in to_move(found))
    return estimate(leaving, pool.used if pool else 0, price)


def progress(text: str) -> None:
    """What is going on, on one line of a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text} …")
        sys.stderr.flush()


# ---- output


def _form(output: Output) -> str:
    from migrator.reports import SUFFIXES

    return output.form or SUFFIXES.get(Path(output.path).suffix.lower(), "terminal")


def show(page: Page, output: Output) -> None:
    """A page where it belongs: a file, or the terminal."""
    _put(_rendered(page, output), output)


def _rendered(page: Page, output: Output) -> str:
    from migrator.reports import render

    color = run.colored(output.color) and not output.path
    return render(page, _form(output), width=run.columns(), color=color)


def _put(text: str, output: Output) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
    if output.path:
        files.write(output.path, text)
        sys.stderr.write(f"{output.path} written\n")
        return
    run.show(text)
