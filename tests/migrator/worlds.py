"""Practice orgs over real HTTP, and ways into them, for tests of what talks to an org."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from migrator.inventory import gathering
from migrator.inventory.checking import inventory_of
from migrator.model import Inventory
from migrator.org import auth, readonly, salesforce
from migrator.org.retrying import Patience
from migrator.practice import client
from migrator.practice.org import Org
from migrator.practice.seeds import planting
from migrator.practice.server import Running, serving
from migrator.practice.store import Store

QUICK = Patience(tries=4, first=0.01, longest=0.02, connect=2.0, answer=2.0)
"""As patient as usual, in a hurry."""


@dataclass(frozen=True, slots=True)
class World:
    """An org that answers on loopback."""

    running: Running

    @property
    def org(self) -> Org:
        """The org behind it."""
        return self.running.org

    @property
    def url(self) -> str:
        """Its instance URL."""
        return self.running.url

    def environ(self, username: str = "") -> dict[str, str]:
        """The environment of somebody who has an access token."""
        return {"SF_ACCESS_TOKEN": self.running.token(username), "SF_INSTANCE_URL": self.url}

    def fault(self, text: str) -> None:
        """Let something go wrong."""
        from migrator.practice import faults

        client.ask(self.url, "POST", "faults", [faults.as_facts(text)])

    def behave(self, **values: str) -> None:
        """Settle open questions."""
        client.ask(self.url, "POST", "behaviors", {name.replace("_", "-"): value for name, value in values.items()})

    def live(
        self, username: str = "", guard: Callable[[readonly.Call], None] = readonly.refuse_writes
    ) -> salesforce.LiveOrg:
        """The org as freeseat sees it, for a user with an access token."""
        login = auth.choose(auth.Options(), self.environ(username), salesforce.post_form)
        return salesforce.LiveOrg(login, guard, QUICK)

    def renewing(self, guard: Callable[[readonly.Call], None] = readonly.refuse_writes) -> salesforce.LiveOrg:
        """The org for an administrator whose session is followed by another when it ends."""
        login = auth.Login("a test", lambda: auth.Token(self.running.token(), self.url), again=True)
        return salesforce.LiveOrg(login, guard, QUICK)

    def gather(self, username: str = "", wanted: gathering.Wanted | None = None) -> dict[str, Any]:
        """An inventory as a document."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return gathering.gather(self.live(username), wanted or gathering.Wanted(), now)

    def inventory(self, username: str = "", wanted: gathering.Wanted | None = None) -> Inventory:
        """An inventory as a value."""
        return inventory_of(self.gather(username, wanted), "test")


@contextlib.contextmanager
def world(seed: str = "acme", change: Callable[[Org], None] | None = None, *, sandbox: bool = False) -> Iterator[World]:
    """An org for as long as the block lasts; `change` is done to it before it answers."""
    org = Org(Store(None))
    planting.plant(org, seed)
    if sandbox:
        org = planting.copy(org, None)
    if change:
        with org.store.transaction():
            change(org)
        org.grants.clear()
    with serving(org) as running:
        yield World(running)


def row(org: Org, name: str, **equal: object) -> dict[str, Any]:
    """The one row of an object with these values."""
    found = org.store.first(name, **equal)
    assert found is not None, f"{name} {equal}"
    return dict(found)
