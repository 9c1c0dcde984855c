"""Acme's business records: few, so that answers can be computed by hand."""

from __future__ import annotations

from datetime import date, timedelta

from migrator.practice.seeds.builder import Builder

_ACCOUNTS = (
    # name, industry, revenue, employees, city, rating
    ("Alder Works", "Manufacturing", 1_200_000, 40, "Oslo", "Hot"),
    ("Birch Foods", "Food", 800_000, 25, "Bergen", "Warm"),
    ("Cedar Lines", "Shipping", 5_400_000, 310, "Hamburg", "Hot"),
    ("Dogwood Media", "Media", None, 12, "Berlin", None),
    ("Elm Street Bank", "Banking", 99_000_000, 4000, "London", "Cold"),
    ("Fir & Sons", "Construction", 640_000, 18, "Leeds", "Warm"),
    ("Ginkgo Labs", "Biotechnology", 2_100_000, 75, None, "Hot"),
    ("Hazel's Diner", "Food", 150_000, 6, "Austin", None),
)
_PEOPLE = ["Iris", "Jade", "Kim", "Lou", "May", "Noa", "Ola", "Pia", "Ria", "Sol", "Tove", "Una"]


def seed(build: Builder, users: dict[str, str]) -> None:
    """Accounts with contacts, opportunities, cases and invoices."""
    owners = (users["erp.sync"], users["warehouse.feed"], users["admin"])
    for number, (name, industry, revenue, employees, city, rating) in enumerate(_ACCOUNTS):
        owner = owners[number % 3]
        account = build.add(
            "Account",
            Name=name,
            Industry=industry,
            AnnualRevenue=revenue,
            NumberOfEmployees=employees,
            BillingCity=city,
            Rating=rating,
            Type="Customer" if number % 2 else "Prospect",
            External_Id__c=f"A-{number + 1:03d}",
            OwnerId=owner,
        )
        _beneath(build, account, number, owner, users)


def _beneath(build: Builder, account: str, number: int, owner: str, users: dict[str, str]) -> None:
    for place in range(number % 3):
        first = _PEOPLE[(number * 2 + place) % len(_PEOPLE)]
        build.add(
            "Contact",
            FirstName=first,
            LastName=f"Rowan{number}",
            AccountId=account,
            Email=f"{first.lower()}@rowan{number}.example",
            HasOptedOutOfEmail=place,
            Interests__c="Boats;Skiing" if place else "Skiing",
            OwnerId=owner,
        )
    if number % 2 == 0:
        build.add(
            "Opportunity",
            Name=f"Deal {number}",
            AccountId=account,
            StageName="Closed Won" if number % 4 else "Prospecting",
            Amount=1000.0 * (number + 1),
            Probability=100.0 if number % 4 else 10.0,
            CloseDate=(date(2026, 1, 15) + timedelta(days=31 * number)).isoformat(),
            OwnerId=owner,
        )
    build.add(
        "Case",
        CaseNumber=f"{number + 1001:08d}",
        Subject=f"Question {number}",
        AccountId=account,
        Priority=("High", "Medium", "Low")[number % 3],
        Status="Closed" if number % 4 == 3 else "New",
        Origin="Web",
        OwnerId=users["support.bot"],
    )
    for place in range(2):
        build.add(
            "Invoice__c",
            Name=f"INV-{number}{place}",
            Account__c=account,
            Amount__c=100.0 * (number + 1) + place,
            Due_Date__c=date(2026, 1 + number, 10 + place).isoformat(),
            Status__c="Paid" if place else "Open",
            Invoice_Key__c=f"K{number}{place}",
            OwnerId=users["billing.gateway"],
        )
