"""Orgs that many tests only read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from migrator.inventory.checking import inventory_of
from migrator.model import Inventory
from tests.migrator.worlds import World, world


@pytest.fixture(scope="session")
def acme() -> Iterator[World]:
    """The practice org `acme`; not to be changed."""
    with world() as made:
        yield made


@pytest.fixture(scope="session")
def document(acme: World) -> dict[str, Any]:
    """Its inventory as a document; not to be changed."""
    return acme.gather()


@pytest.fixture(scope="session")
def inventory(document: dict[str, Any]) -> Inventory:
    """Its inventory as a value."""
    return inventory_of(document, "test")
