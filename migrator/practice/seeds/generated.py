"""Orgs of any number of users, for benchmarks and for tests that want many."""

from __future__ import annotations

import random
from datetime import timedelta

from migrator.practice import clock
from migrator.practice.org import Org
from migrator.practice.seeds.builder import Builder
from migrator.practice.seeds.standard import standard

_FIRST = ("Amara", "Bela", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kaya", "Luca")
_LAST = ("Okafor", "Lindqvist", "Moreau", "Tanaka", "Costa", "Novak", "Haddad", "Byrne", "Silva", "Weiss", "Patel")


def generate(org: Org, users: int, *, share: int = 20, seed: int = 1) -> None:
    """An org of `users` users; one in `share` is an integration. The same numbers give the same org."""
    chance = random.Random(seed)  # noqa: S311 - names and dates, no secrets
    build = Builder(org)
    integrations = max(users // share, 1)
    seats = {"Salesforce": users + 10, "Salesforce Integration": integrations + 5}
    with org.store.transaction():
        standard(build, f"Generated {users}", seats=seats)
        rights = "ApiEnabled ApiUserOnly RunFlow Account:c Contact:c Case:c Invoice__c:c"
        only = build.profile("API Only", "Salesforce", rights)
        build.permission_set("Integration_Read", "Integration Read", "ApiEnabled Account:r Contact:r")
        build.permission_set(
            "Integration_Write", "Integration Write", "Account:c Contact:c Case:c Invoice__c:c RunFlow"
        )
        role = build.add("UserRole", Name="Everybody", DeveloperName="Everybody")
        usual = build.id_of("Profile", Name="Standard User")
        for number in range(1, users):
            machine = number % share == 0
            first, last = chance.choice(_FIRST), chance.choice(_LAST)
            seen = clock.text(org.clock.now() - timedelta(hours=chance.randrange(5000)))
            user = build.user(
                f"{'svc' if machine else first.lower()}.{number}@generated.example",
                "Service" if machine else first,
                f"{last} {number}",
                only if machine else usual,
                UserRoleId=None if machine else role,
                Department="Integrations" if machine else "Sales",
                LastLoginDate=seen,
                ManagerId=None if machine else build.admin,
            )
            if machine:
                build.assign(user, "Integration_Read")
        build.finish()
        org.store.set("seed", f"generated:{users}")
