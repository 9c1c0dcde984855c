"""The files that a plan is made of, read and checked."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from migrator import files, fixes_file, scan_report
from migrator.config import Config
from migrator.inventory import event_logs
from migrator.model import Inventory
from migrator.planning.making import Inputs
from migrator.safety import Facts
from scanners import project
from scanners.errors import UsageError

if TYPE_CHECKING:
    from migrator.running import PlanRequest

BEHAVIORS = "freeseat/behaviors/v1"
_MOST_CLASSES = 50_000


def inputs_of(request: PlanRequest, document: dict[str, Any], inventory: Inventory, settings: Config) -> Inputs:
    """Everything that the request names; raises UsageError."""
    scan = _scan(request.scan)
    earlier = _scan(request.earlier_scan)
    now = {one.id for one in scan.findings} if scan else set()
    if earlier and not scan:
        raise UsageError("--earlier-scan needs --scan beside it: what was fixed is what the new one no longer has")
    profile = settings.plan.target_profile or inventory.target.profile
    return Inputs(
        document,
        Facts(inventory, settings, profile, datetime.now(UTC), scan),
        scan,
        tuple(one for one in earlier.findings if one.id not in now) if earlier else (),
        dict(_classes(request.project)) if request.project else {},
        used(request.used, document) if request.used else None,
        request.only,
        behaviors_of(request.behaviors),
        _fixes(request.fixes, profile),
    )


def _scan(path: str) -> scan_report.Scan | None:
    if not path:
        return None
    return scan_report.read(files.read_json(path, scan_report.SCHEMA, "freeseat scan --format json"), path)


def _fixes(path: str, profile: str) -> fixes_file.Fixed | None:
    """Proved fixes, which must be for the profile that the plan moves to."""
    if not path:
        return None
    found = fixes_file.read(files.read_json(path, fixes_file.SCHEMA, fixes_file.MADE_BY), path)
    if found.after != profile:
        raise UsageError(
            f"{path} was proved for a switch to {found.after!r}, and the plan moves to {profile!r}: make it again with "
            f'--to "{profile}"'
        )
    return found


def behaviors_of(path: str) -> dict[str, str]:
    """What a probe found out about the org."""
    if not path:
        return {}
    found = files.read_json(path, BEHAVIORS, "freeseat probe").get("behaviors")
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise UsageError(f"{path}: behaviors must be a table of names and values")
    return dict(found)


def _classes(folder: str) -> Iterator[tuple[str, str]]:
    """Path → text of the Apex classes below a folder; what cannot be read chooses no test."""
    tree = project.open_folder(folder, frozenset({"cls"}))
    for path in islice(sorted(tree.files()), _MOST_CLASSES):
        with contextlib.suppress(project.Unreadable):
            yield path, tree.read(path).decode("utf-8", "replace")


INVENTORY = "inventory"
"""In place of a file: the event logs that the inventory fetched."""


def used(paths: tuple[str, ...], document: dict[str, Any]) -> dict[str, frozenset[str]]:
    """Username in lower case → objects seen in event log files about the API (REST, SOAP, Bulk, total usage) as CSV.

    Users whom no row names are missing: of them nothing is known.
    """
    names = event_logs.usernames(document["records"].get("User", ()))
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for path in paths:
        found = _fetched(document) if path == INVENTORY else event_logs.seen(files.text_of(path), names)
        if found is None:
            raise UsageError(
                f"{path} is no event log file about the API: it needs USER_NAME or USER_ID, and ENTITY_NAME"
            )
        for user, objects in found.items():
            seen[user] |= objects
    return {user: frozenset(objects) for user, objects in seen.items()}


def _fetched(document: dict[str, Any]) -> dict[str, set[str]]:
    fetched = document.get("used")
    if not fetched or not fetched["logs"]:
        raise UsageError("the inventory holds no event logs; take it again with --event-logs DAYS, or give a file")
    return {user: set(objects) for user, objects in fetched["objects"].items()}
