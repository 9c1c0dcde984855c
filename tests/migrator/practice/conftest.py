"""What the tests of the practice org share: an org in this process, and one behind HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from migrator.practice.org import Org
from migrator.practice.seeds import planting
from migrator.practice.server import Running, serving
from migrator.practice.store import Store
from tests.migrator.practice.http import Web
from tests.migrator.practice.worlds import World


@pytest.fixture
def world() -> World:
    """Acme, as on its first day."""
    return World()


@pytest.fixture(scope="session")
def server() -> Iterator[Running]:
    """One org behind HTTP for all tests."""
    org = Org(Store())
    planting.plant(org, "acme")
    with serving(org) as running:
        yield running


@pytest.fixture
def web(server: Running) -> Iterator[Web]:
    """The org behind HTTP, put back to its first day, with the administrator's token."""
    made = Web(server)
    yield made
    made.close()
