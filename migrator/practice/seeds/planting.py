"""A seed by its word into an empty org, and again after a reset; a sandbox as a copy of production."""

from __future__ import annotations

import json
from typing import Any

from migrator.practice.org import Org
from migrator.practice.schema import SCHEMA
from migrator.practice.seeds import acme, twin
from migrator.practice.seeds.generated import generate
from migrator.practice.store import Store

SANDBOX = "practice"
"""The name of the sandbox of a pair, as usernames end in it."""

_LARGEST = 200_000


class UnknownSeed(ValueError):  # noqa: N818 - named for what it is
    """A word that is no seed; says which are."""


def plant(org: Org, word: str, inventory: Any = None) -> twin.Planted | None:
    """Fill an empty org; for a twin, what of the inventory came in. `word` is acme, generated:N or twin."""
    kind, _, number = word.partition(":")
    planted = None
    if kind == "acme" and not number:
        acme.seed(org)
    elif kind == "generated" and number.isdigit() and 2 <= int(number) <= _LARGEST:
        generate(org, int(number))
    elif word == "twin" and inventory is not None:
        planted = twin.plant(org, inventory)
        org.store.set("inventory", json.dumps(inventory))
    else:
        raise UnknownSeed(
            f"no seed {word!r}; there are acme and generated:N (2 to {_LARGEST} users), or --seed-from FILE"
        )
    org.store.set("planted", org.clock.stamp())
    return planted


def replant(org: Org) -> None:
    """Take everything away and plant the same seed again; behaviors stay."""
    store = org.store
    word = store.setting("seed") or "acme"
    kept = store.setting("inventory")
    sandbox = bool((store.first("Organization") or {}).get("IsSandbox"))
    clear(org)
    plant(org, word, json.loads(kept) if kept else None)
    if sandbox and word != "twin":
        as_sandbox(org)
    org.relabel()


def clear(org: Org) -> None:
    """An org without a row, and without memory."""
    for name in (*SCHEMA.entities, "_setting", "_component"):
        org.store.db.execute(f'DELETE FROM "{name}"')
    org.store.start_over()
    org.store.instance = "Fs0"
    org.grants.clear()
    org.sessions.clear()
    for key in ("cursors", "jobs", "deployments", "retrieves", "faults", "recalculating"):
        org.memory.pop(key, None)


def copy(production: Org, path: str | None) -> Org:
    """A sandbox of production: the same ids, usernames with a suffix, emails that go nowhere, no tokens."""
    store = Store(path, production.store)
    made = Org(store)
    with store.transaction():
        as_sandbox(made)
    return made


def as_sandbox(org: Org) -> None:
    """What a copy changes in the sandbox; license counts stay those of the copy (documented, domain 2)."""
    db = org.store.db
    db.execute('UPDATE "User" SET "Username" = "Username" || ?, "Email" = "Email" || ?', (f".{SANDBOX}", ".invalid"))
    for name in ("AuthSession", "OauthToken"):
        db.execute(f'DELETE FROM "{name}"')
    org.store.set("instance", "Fs1")
    organization = org.organization()
    db.execute(
        'UPDATE "Organization" SET "IsSandbox" = 1, "Id" = ?, "InstanceName" = ? WHERE "Id" = ?',
        (org.store.new_id("00D"), "PRA2S", organization["Id"]),
    )
    org.sessions.clear()
